import type { Asker } from '../core/asker.ts'
import type { RecordType } from '../core/family.ts'
import type { Answer } from './types.ts'

/** Somebody who waits for a question's answer. */
export type Waiter = {
  readonly client: string
  readonly asker: Asker | undefined
  readonly settle: (answer: Answer) => void
  /** Null when it is over. */
  question: Question | null
}

/** A place among those who wait for a turn, in the name of one client. */
export type Ticket = {
  waiters: number
  /** Gives the turn back. */
  leave: () => void
  /** It is not given back yet, though the question is over. */
  kept: boolean
  over: boolean
}

export type Question = {
  readonly key: string
  readonly name: string
  readonly record: RecordType
  readonly waiters: Set<Waiter>
  /** As long as it waits for its turn: by each client that wants it, so that none waits behind another's flood. */
  readonly tickets: Map<string, Ticket>
  /** The turn that it has; null while it waits for one. */
  turn: Ticket | null
  giveUp: () => void
  /** Present where nobody wants it any more. */
  unwanted: Unwanted | null
  next: Question | null
  before: Question | null
  after: Question | null
  isListed: boolean
}

/** A question in flight that nobody wants. */
export type Unwanted = {
  readonly question: Question
  /** Who wanted it last. */
  readonly owner: Asker | undefined
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

export const createUnwanted = (question: Question, owner: Asker | undefined): Unwanted => ({
  question,
  owner,
  before: null,
  after: null,
  isListed: false,
})

/** Whether a question has not been sent yet. */
export const isWaiting = ({ turn }: Question): boolean => turn === null

/** Gives a turn back, unless that is done already, or it is to be kept. */
export const release = (ticket: Ticket): void => {
  if (ticket.over || ticket.kept) return
  ticket.over = true
  ticket.leave()
}
