import type { Query } from './query.ts'
import type { Answer } from './types.ts'

/** A query that many may ask, and that is sent once. */
export type CoalescedQuery = {
  readonly query: Query
  /** How many queries are in flight. */
  readonly pending: () => number
  /** Answers ECANCELLED to all who wait, and to all who ask from now on; late answers are dropped. */
  readonly close: () => void
}

/**
 * One query in flight for each name and type, however many ask: those who come while it is under way
 * get its answer. A caller that has lost interest does not end it (RFC 8305 section 3, rule A4).
 */
export const coalesce = (query: Query): CoalescedQuery => {
  const inFlight = new Map<string, ((answer: Answer) => void)[]>()
  let closed = false
  const cancelled = { ok: false, code: 'ECANCELLED', source: 'dns' } as const
  return {
    query: (name, record, settle) => {
      if (closed) return settle(cancelled)
      const key = `${record} ${name}`
      const waiting = inFlight.get(key)
      if (waiting) {
        waiting.push(settle)
        return
      }
      const waiters = [settle]
      inFlight.set(key, waiters)
      query(name, record, answer => {
        if (inFlight.get(key) !== waiters) return
        inFlight.delete(key)
        for (const waiter of waiters) waiter(answer)
      })
    },
    pending: () => inFlight.size,
    close: () => {
      closed = true
      const all = [...inFlight.values()]
      inFlight.clear()
      for (const waiters of all) for (const waiter of waiters) waiter(cancelled)
    },
  }
}
