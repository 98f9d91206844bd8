import type { Requester } from '../core/requester.ts'
import type { RecordType } from '../core/ip.ts'
import type { Answer } from './types.ts'

/** One waiter for the answer to a question. */
export type Waiter = {
  readonly client: string
  readonly requester: Requester | undefined
  readonly settle: (answer: Answer) => void
  /** Null after the end of the wait. */
  question: Question | null
}

/** An entry of one client in the queue for a slot, or the slot itself. */
export type Ticket = {
  waiters: number
  /** Releases the slot, or leaves the queue. */
  leave: () => void
  /** The slot stays in use after the end of the question. */
  kept: boolean
  over: boolean
}

export type Question = {
  readonly key: string
  readonly name: string
  readonly record: RecordType
  readonly waiters: Set<Waiter>
  /** Queue entries by client, while the question waits for a slot: no client waits behind the flood of another. */
  readonly tickets: Map<string, Ticket>
  /** The slot in use; null while the question is queued. */
  turn: Ticket | null
  giveUp: () => void
  /** Present if the question is in flight without waiters. */
  unwanted: Unwanted | null
  next: Question | null
  before: Question | null
  after: Question | null
  isListed: boolean
}

/** A question in flight without waiters. */
export type Unwanted = {
  readonly question: Question
  /** The requester that wanted it last. */
  readonly owner: Requester | undefined
  before: Unwanted | null
  after: Unwanted | null
  isListed: boolean
}

export const createTicket = (): Ticket => ({
  waiters: 1,
  leave: () => {},
  kept: false,
  over: false,
})

export const createQuestion = (key: string, name: string, record: RecordType): Question => ({
  key,
  name,
  record,
  waiters: new Set(),
  tickets: new Map(),
  turn: null,
  giveUp: () => {},
  unwanted: null,
  next: null,
  before: null,
  after: null,
  isListed: false,
})

export const createUnwanted = (question: Question, owner: Requester | undefined): Unwanted => ({
  question,
  owner,
  before: null,
  after: null,
  isListed: false,
})

/** Whether the question is queued and has not been sent. */
export const isWaiting = ({ turn }: Question): boolean => turn === null

/** Releases the slot, unless it is already released or must be kept. */
export const release = (ticket: Ticket): void => {
  if (ticket.over || ticket.kept) return
  ticket.over = true
  ticket.leave()
}
