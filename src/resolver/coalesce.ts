import { PROCESS_CLIENT, addWait, settleAbandoned } from '../core/requester.ts'
import { createList, itemsOf } from '../core/list.ts'
import { createNameTable } from '../core/name-table.ts'
import type { Turns } from '../core/turns.ts'
import type { PendingQuery, QueueEntry, AbandonedQuery, Waiter } from './pending-query.ts'
import {
  createPendingQuery,
  createQueueEntry,
  createAbandonedQuery,
  isWaiting,
  release,
} from './pending-query.ts'
import type { Answer, Query, Source } from './types.ts'

/** A query function that sends concurrent equal queries once. */
export type CoalescedQuery = {
  readonly query: Query
  /** Number of queries in flight or in the queue. */
  readonly pending: () => number
  /** From now on, equal queries start a new query; queries in flight continue for their current waiters. */
  readonly detach: () => void
  /** Answers ECANCELLED to all current and later waiters; late answers are dropped. */
  readonly close: () => void
}

/** Limits the queries in flight; each takes one slot of `turns`. */
export type QuerySlots = {
  readonly turns: Turns
  /** Number of slots of `turns`. */
  readonly max: number
  /** Called when a query has to wait for a slot. */
  readonly onWait?: () => void
}

/** A source of answers, and the limit on its concurrent queries. */
export type BoundedSource = {
  readonly query: Source
  /** Limits the queries in flight. */
  readonly slots: QuerySlots
  /** The network has changed: earlier failures do not count against any server. */
  readonly forget: () => void
  readonly close: () => void
}

const CANCELLED: Answer = { ok: false, code: 'ECANCELLED', source: 'dns' }
const REFUSED: Answer = { ok: false, code: 'ERR_DNS_LIMIT', source: 'dns' }

/**
 * Sends one query per name and type, no matter how many ask; later requesters get the same answer. A query
 * in flight without waiters continues to fill the cache (RFC 8305 section 5), but a queued one is dropped
 * with its last waiter. If all slots are in use, the query that has had no waiters for longest is
 * cancelled for the next one.
 */
export const coalesce = (source: Source, { turns, max, onWait }: QuerySlots): CoalescedQuery => {
  /** Queries that later waiters may join. */
  const joinable = createNameTable<PendingQuery>()
  const pending = createList<PendingQuery>()
  /** Queries in flight without waiters, the longest abandoned first. */
  const abandoned = createList<AbandonedQuery>()
  let closed = false

  /** The query is wanted again or has ended, so it no longer counts against its last requester. */
  const clearAbandoned = (query: PendingQuery): void => {
    const abandonedQuery = query.abandoned
    if (!abandonedQuery) return
    query.abandoned = null
    abandoned.delete(abandonedQuery)
    if (abandonedQuery.lastRequester) settleAbandoned(abandonedQuery.lastRequester)
  }

  const forget = (query: PendingQuery): void => {
    pending.delete(query)
    joinable.delete(query)
    clearAbandoned(query)
  }

  const settleAll = (waiters: readonly Waiter[], answer: Answer): void => {
    for (const waiter of waiters) waiter.query = null
    for (const { settle } of waiters) settle(answer)
  }

  const end = (query: PendingQuery, answer: Answer): void => {
    if (!query.isListed) return
    forget(query)
    const waiters = [...query.waiters]
    query.waiters.clear()
    for (const entry of query.entries.values()) release(entry)
    if (query.slot) release(query.slot)
    settleAll(waiters, answer)
  }

  const start = (query: PendingQuery, client: string, entry: QueueEntry): void => {
    query.slot = entry
    query.entries.delete(client)
    for (const other of query.entries.values()) release(other)
    query.entries.clear()
    if (closed) return
    query.cancel = source(query.name, query.record, answer => end(query, answer), {
      // While other queries wait for a slot, a query without waiters is not retried.
      isWanted: () => query.waiters.size > 0 || turns.waiting() === 0,
      keepSlot: () => {
        entry.kept = true
        return () => {
          entry.kept = false
          if (!query.isListed) release(entry)
        }
      },
    })
  }

  /** The queue refused this client, which has the most queries in it; waiters of other clients stay. */
  const refuse = (query: PendingQuery, client: string, entry: QueueEntry): void => {
    entry.over = true
    query.entries.delete(client)
    const refused = [...query.waiters].filter(waiter => waiter.client === client)
    for (const waiter of refused) query.waiters.delete(waiter)
    if (query.waiters.size === 0) forget(query)
    settleAll(refused, REFUSED)
  }

  /** Cancels the oldest query without waiters, if all slots are in use. */
  const cancelOldestAbandoned = (): void => {
    const oldest = abandoned.first()?.query
    if (!oldest || turns.active() < max) return
    oldest.cancel()
    end(oldest, CANCELLED)
  }

  const enter = (query: PendingQuery, client: string): void => {
    const known = query.entries.get(client)
    if (known) {
      known.waiters++
      return
    }
    const entry = createQueueEntry()
    query.entries.set(client, entry)
    const leave = turns.enter({
      client,
      run: () => start(query, client, entry),
      refuse: () => refuse(query, client, entry),
    })
    // The query may have run and ended before `turns.enter` returned.
    if (entry.over) leave()
    else entry.leave = leave
    if (entry.over || !isWaiting(query)) return
    cancelOldestAbandoned()
    if (isWaiting(query)) onWait?.()
  }

  const drop = (waiter: Waiter): void => {
    const { query, client, requester } = waiter
    if (!query) return
    waiter.query = null
    query.waiters.delete(waiter)
    if (query.slot) {
      if (query.waiters.size > 0) return
      const abandonedQuery = createAbandonedQuery(query, requester)
      query.abandoned = abandonedQuery
      abandoned.add(abandonedQuery)
      if (requester) requester.abandoned++
      if (turns.waiting() > 0) cancelOldestAbandoned()
      return
    }
    const entry = query.entries.get(client)
    if (!entry || --entry.waiters > 0) return
    query.entries.delete(client)
    if (query.waiters.size === 0) forget(query)
    release(entry)
  }

  const want = (query: PendingQuery, waiter: Waiter): void => {
    query.waiters.add(waiter)
    if (!query.slot) return enter(query, waiter.client)
    clearAbandoned(query)
  }

  return {
    query: (name, record, settle, _update, requester) => {
      if (closed || requester?.left === true) return settle(CANCELLED)
      const key = `${record} ${name}`
      let query = joinable.get(key)
      if (!query) {
        query = createPendingQuery(key, name, record)
        joinable.add(query)
        pending.add(query)
      }
      const client = requester?.client ?? PROCESS_CLIENT
      const waiter: Waiter = { client, requester, settle, query }
      if (requester) addWait(requester, { drop: () => drop(waiter) })
      want(query, waiter)
    },
    pending: pending.size,
    detach: () => {
      // Queued queries were not sent in the old network, so they stay joinable.
      for (const query of itemsOf(pending)) if (query.slot) joinable.delete(query)
    },
    close: () => {
      closed = true
      for (const query of itemsOf(pending)) {
        query.cancel()
        end(query, CANCELLED)
      }
    },
  }
}
