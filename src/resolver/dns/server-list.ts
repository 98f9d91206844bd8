import type { Clock } from '../../core/clock.ts'
import type { DnsServer } from './servers.ts'

/** Remembers which servers do not answer, so that a dead one is waited for once and not each time. */
export type ServerList = {
  /**
   * The servers in the order to ask: those that answer as configured, then the silent ones, the one
   * that answered last first. A name that no server answers makes all of them silent, and must not
   * put one that never answered before one that did a second ago.
   */
  readonly order: (servers: readonly DnsServer[]) => readonly DnsServer[]
  /** Servers that did not answer, whose time to be tried again has come. Taking them puts the next time off. */
  readonly takeProbes: (servers: readonly DnsServer[]) => readonly DnsServer[]
  /** It did answer, whatever it said. */
  readonly answered: (server: string) => void
  /** It did not answer a question that was asked at `askedAt` (clock time). */
  readonly silent: (server: string, askedAt: number) => void
  /** All servers are as good as new; who does not answer a question that was asked before now is not blamed. */
  readonly forget: () => void
}

/**
 * A silent server is asked again, beside one that answers, after so long: soon enough that a server
 * of a private network gets its place back before anybody notices, and one packet in five seconds.
 */
export const PROBE_INTERVAL_MS = 5000

const NEVER = Number.NEGATIVE_INFINITY

export const createServerList = (clock: Clock): ServerList => {
  const answeredAt = new Map<string, number>()
  /** When a silent server may be tried again. */
  const probeAt = new Map<string, number>()
  let forgottenAt = NEVER
  return {
    order: servers => {
      if (probeAt.size === 0) return servers
      const rank = ({ text }: DnsServer): number =>
        probeAt.has(text) ? -(answeredAt.get(text) ?? NEVER) : NEVER
      // Two ranks of NEVER are equal, not NaN apart; the sort is stable.
      return servers.toSorted((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)))
    },
    takeProbes: servers => {
      if (probeAt.size === 0) return []
      const now = clock.now()
      return servers.filter(({ text }) => {
        const due = now >= (probeAt.get(text) ?? Number.POSITIVE_INFINITY)
        if (due) probeAt.set(text, now + PROBE_INTERVAL_MS)
        return due
      })
    },
    answered: server => {
      answeredAt.set(server, clock.now())
      probeAt.delete(server)
    },
    silent: (server, askedAt) => {
      // A recursive server is silent for a name whose own servers are dead, and answers others meanwhile.
      if ((answeredAt.get(server) ?? NEVER) >= askedAt || askedAt < forgottenAt) return
      probeAt.set(server, clock.now() + PROBE_INTERVAL_MS)
    },
    forget: () => {
      answeredAt.clear()
      probeAt.clear()
      forgottenAt = clock.now()
    },
  }
}
