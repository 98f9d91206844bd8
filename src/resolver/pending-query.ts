import type { Requester } from '../core/requester.ts'
import type { RecordType } from '../core/ip.ts'
import type { Answer } from './types.ts'

/** One waiter for the answer to a query. */
export type Waiter = {
  readonly client: string
  readonly requester: Requester | undefined
  readonly settle: (answer: Answer) => void
  /** Null after the end of the wait. */
  query: PendingQuery | null
}

/** An entry of one client in the queue for a slot, or the slot itself. */
export type QueueEntry = {
  waiters: number
  /** Releases the slot, or leaves the queue. */
  leave: () => void
  /** The slot stays in use after the end of the query. */
  kept: boolean
  over: boolean
}

export type PendingQuery = {
  readonly key: string
  readonly name: string
  readonly record: RecordType
  readonly waiters: Set<Waiter>
  /** Queue entries by client, while the query waits for a slot: no client waits behind the flood of another. */
  readonly entries: Map<string, QueueEntry>
  /** The slot in use; null while the query is queued. */
  slot: QueueEntry | null
  cancel: () => void
  /** Present if the query is in flight without waiters. */
  abandoned: AbandonedQuery | null
  next: PendingQuery | null
  before: PendingQuery | null
  after: PendingQuery | null
  isListed: boolean
}

/** A query in flight without waiters. */
export type AbandonedQuery = {
  readonly query: PendingQuery
  /** The requester that wanted it last. */
  readonly lastRequester: Requester | undefined
  before: AbandonedQuery | null
  after: AbandonedQuery | null
  isListed: boolean
}

export const createQueueEntry = (): QueueEntry => ({
  waiters: 1,
  leave: () => {},
  kept: false,
  over: false,
})

export const createPendingQuery = (
  key: string,
  name: string,
  record: RecordType,
): PendingQuery => ({
  key,
  name,
  record,
  waiters: new Set(),
  entries: new Map(),
  slot: null,
  cancel: () => {},
  abandoned: null,
  next: null,
  before: null,
  after: null,
  isListed: false,
})

export const createAbandonedQuery = (
  query: PendingQuery,
  lastRequester: Requester | undefined,
): AbandonedQuery => ({
  query,
  lastRequester,
  before: null,
  after: null,
  isListed: false,
})

/** Whether the query is queued and has not been sent. */
export const isWaiting = ({ slot }: PendingQuery): boolean => slot === null

/** Releases the slot, unless it is already released or must be kept. */
export const release = (entry: QueueEntry): void => {
  if (entry.over || entry.kept) return
  entry.over = true
  entry.leave()
}
