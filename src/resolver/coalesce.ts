import type { Query } from './query.ts'
import type { Answer } from './types.ts'

/** A query that many may ask, and that is sent once. */
export type CoalescedQuery = {
  readonly query: Query
  /** How many queries are in flight. */
  readonly pending: () => number
  /** Who asks from now on gets a query of his own; those in flight go on for those who wait for them. */
  readonly detach: () => void
  /** Answers ECANCELLED to all who wait, and to all who ask from now on; late answers are dropped. */
  readonly close: () => void
}

/**
 * One query in flight for each name and type, however many ask: those who come while it is under way
 * get its answer. A caller that has lost interest does not end it (RFC 8305 section 3, rule A4).
 */
export const coalesce = (query: Query): CoalescedQuery => {
  type Waiters = ((answer: Answer) => void)[]
  /** The query that whoever comes may join. */
  const joinable = new Map<string, Waiters>()
  const inFlight = new Set<Waiters>()
  let closed = false
  const cancelled = { ok: false, code: 'ECANCELLED', source: 'dns' } as const
  return {
    query: (name, record, settle) => {
      if (closed) return settle(cancelled)
      const key = `${record} ${name}`
      const waiting = joinable.get(key)
      if (waiting) {
        waiting.push(settle)
        return
      }
      const waiters = [settle]
      joinable.set(key, waiters)
      inFlight.add(waiters)
      query(name, record, answer => {
        if (!inFlight.delete(waiters)) return
        if (joinable.get(key) === waiters) joinable.delete(key)
        for (const waiter of waiters) waiter(answer)
      })
    },
    pending: () => inFlight.size,
    detach: () => joinable.clear(),
    close: () => {
      closed = true
      const all = [...inFlight]
      inFlight.clear()
      joinable.clear()
      for (const waiters of all) for (const waiter of waiters) waiter(cancelled)
    },
  }
}
