import type { Clock } from '../core/clock.ts'

/** Remembers which servers do not answer, so that a dead one is waited for once and not each time. */
export type ServerList = {
  /** The servers in the order to ask: those that answer as configured, then the others, the longest silent first. */
  readonly order: (servers: readonly string[]) => readonly string[]
  /** Servers that did not answer, whose time to be tried again has come. Taking them puts the next time off. */
  readonly takeProbes: (servers: readonly string[]) => readonly string[]
  /** It did answer, whatever it said. */
  readonly answered: (server: string) => void
  /** It did not answer a question that was asked at `askedAt` (clock time). */
  readonly silent: (server: string, askedAt: number) => void
}

/**
 * A silent server is asked again, beside one that answers, after so long: soon enough that a server
 * of a private network gets its place back before anybody notices, and one packet in five seconds.
 */
export const PROBE_INTERVAL_MS = 5000

export const createServerList = (clock: Clock): ServerList => {
  const answeredAt = new Map<string, number>()
  const silentSince = new Map<string, { readonly since: number; probeAt: number }>()
  return {
    order: servers => {
      if (silentSince.size === 0) return servers
      const rank = (server: string): number =>
        silentSince.get(server)?.since ?? Number.NEGATIVE_INFINITY
      // Two servers that answer compare as NaN, which sort takes for equal; it is stable.
      return servers.toSorted((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)))
    },
    takeProbes: servers => {
      if (silentSince.size === 0) return []
      const now = clock.now()
      return servers.filter(server => {
        const state = silentSince.get(server)
        if (!state || now < state.probeAt) return false
        state.probeAt = now + PROBE_INTERVAL_MS
        return true
      })
    },
    answered: server => {
      answeredAt.set(server, clock.now())
      silentSince.delete(server)
    },
    silent: (server, askedAt) => {
      // A recursive server is silent for a name whose own servers are dead, and answers others meanwhile.
      if ((answeredAt.get(server) ?? Number.NEGATIVE_INFINITY) >= askedAt) return
      const now = clock.now()
      const since = silentSince.get(server)?.since ?? now
      silentSince.set(server, { since, probeAt: now + PROBE_INTERVAL_MS })
    },
  }
}
