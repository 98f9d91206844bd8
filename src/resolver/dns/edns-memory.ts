import type { Clock } from '../../core/clock.ts'

/** How long a server that does not understand EDNS is asked without it, in milliseconds. */
export const WITHOUT_EDNS_MS = 600_000

/** Remembers which servers understand EDNS (RFC 6891 section 6.2.2). */
export type EdnsMemory = {
  /** Whether a server is asked with EDNS: unless it is known not to understand it. */
  readonly isUsed: (server: string) => boolean
  /** Whether it has ever answered a query with EDNS. */
  readonly isKnown: (server: string) => boolean
  /** It has answered a query with EDNS. */
  readonly answered: (server: string) => void
  /** It has refused one, or answers only without. */
  readonly refused: (server: string) => void
  readonly forget: () => void
}

export const createEdnsMemory = (clock: Pick<Clock, 'now'>): EdnsMemory => {
  const known = new Set<string>()
  const refusedAt = new Map<string, number>()
  return {
    isUsed: server => {
      const at = refusedAt.get(server)
      if (at === undefined) return true
      if (clock.now() - at < WITHOUT_EDNS_MS) return false
      refusedAt.delete(server)
      return true
    },
    isKnown: server => known.has(server),
    answered: server => void known.add(server),
    refused: server => {
      known.delete(server)
      refusedAt.set(server, clock.now())
    },
    forget: () => {
      known.clear()
      refusedAt.clear()
    },
  }
}
