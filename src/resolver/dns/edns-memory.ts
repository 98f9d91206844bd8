import type { Clock } from '../../core/clock.ts'

/** How long a server that does not support EDNS is asked without it, in milliseconds. */
export const WITHOUT_EDNS_MS = 600_000

/** Remembers which servers support EDNS (RFC 6891 section 6.2.2). */
export type EdnsMemory = {
  /** Whether to ask a server with EDNS; false only if it is known not to support it. */
  readonly isUsed: (server: string) => boolean
  /** Whether the server has ever answered a query with EDNS. */
  readonly isKnown: (server: string) => boolean
  /** The server has answered a query with EDNS. */
  readonly answered: (server: string) => void
  /** The server has rejected a query with EDNS, or answers only queries without it. */
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
