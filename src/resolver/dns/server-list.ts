import type { Clock } from '../../core/clock.ts'
import type { DnsServer } from './servers.ts'

/** Remembers silent servers, so that queries do not wait for a dead server again and again. */
export type ServerList = {
  /**
   * Sorts the servers: first those that answer, as configured, then the silent ones, the most recently
   * answering first. If no server answers for a name, all become silent, and one that never answered must
   * not come before one that answered a second ago.
   */
  readonly order: (servers: readonly DnsServer[]) => readonly DnsServer[]
  /** Returns the silent servers that are due for a probe, and schedules their next probe. */
  readonly takeProbes: (servers: readonly DnsServer[]) => readonly DnsServer[]
  /** The server has responded, with whatever result. */
  readonly answered: (server: string) => void
  /** The server did not answer a question that was sent at `askedAt` (clock time). */
  readonly silent: (server: string, askedAt: number) => void
  /** Clears all state; a server that does not answer a question from before this call is not marked silent. */
  readonly forget: () => void
}

/**
 * How often a silent server is probed while another one answers: a server of a private network is soon used
 * again, at the cost of one packet in five seconds.
 */
export const PROBE_INTERVAL_MS = 5000

const NEVER = Number.NEGATIVE_INFINITY

export const createServerList = (clock: Clock): ServerList => {
  const answeredAt = new Map<string, number>()
  /** The time of the next probe of each silent server. */
  const probeAt = new Map<string, number>()
  let forgottenAt = NEVER
  return {
    order: servers => {
      if (probeAt.size === 0) return servers
      const rank = ({ text }: DnsServer): number =>
        probeAt.has(text) ? -(answeredAt.get(text) ?? NEVER) : NEVER
      // Equal ranks must return 0, because NEVER - NEVER is NaN; the sort is stable.
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
      // A recursive server is silent for a name whose authoritative servers are dead, but answers for
      // others meanwhile.
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
