import { PROCESS_CLIENT, addWait, forgive } from '../core/asker.ts'
import { createList, itemsOf } from '../core/list.ts'
import { createNameTable } from '../core/name-table.ts'
import type { Turns } from '../core/turns.ts'
import type { Query, Source } from './query.ts'
import { createQuestion, createTicket, createUnwanted, isWaiting, release } from './question.ts'
import type { Question, Ticket, Unwanted, Waiter } from './question.ts'
import type { Answer } from './types.ts'

/** A query that many may ask, and that is sent once. */
export type CoalescedQuery = {
  readonly query: Query
  /** How many questions are in flight or wait for their turn. */
  readonly pending: () => number
  /** Who asks from now on gets a query of his own; those in flight go on for those who wait for them. */
  readonly detach: () => void
  /** Answers ECANCELLED to all who wait, and to all who ask from now on; late answers are dropped. */
  readonly close: () => void
}

/** What bounds the questions in flight: turns, one for each question. */
export type QuestionTurns = {
  readonly turns: Turns
  /** Places of `turns`. */
  readonly max: number
  /** Called where a question has to wait for its turn. */
  readonly onWait?: () => void
}

const CANCELLED: Answer = { ok: false, code: 'ECANCELLED', source: 'dns' }
const REFUSED: Answer = { ok: false, code: 'ERR_DNS_LIMIT', source: 'dns' }

/**
 * One query in flight for each name and type, however many ask: those who come while it is under way
 * get its answer. A question in flight that nobody waits for any more goes on, to fill the cache (RFC
 * 8305 section 3); one that waits for its turn is dropped with the last who wanted it. Where all turns
 * are taken, the question that has been unwanted for longest is given up for the next one.
 */
export const coalesce = (source: Source, { turns, max, onWait }: QuestionTurns): CoalescedQuery => {
  /** The question that whoever comes may join. */
  const joinable = createNameTable<Question>()
  const pending = createList<Question>()
  /** In flight, and wanted by nobody: the one that has been so for longest is the first. */
  const unwanted = createList<Unwanted>()
  let closed = false

  /** It is wanted again, or over: nobody owes it any more. */
  const settleDebt = (question: Question): void => {
    const debt = question.unwanted
    if (!debt) return
    question.unwanted = null
    unwanted.delete(debt)
    if (debt.owner) forgive(debt.owner)
  }

  const forget = (question: Question): void => {
    pending.delete(question)
    joinable.delete(question)
    settleDebt(question)
  }

  const settleAll = (waiters: readonly Waiter[], answer: Answer): void => {
    for (const waiter of waiters) waiter.question = null
    for (const { settle } of waiters) settle(answer)
  }

  const end = (question: Question, answer: Answer): void => {
    if (!question.isListed) return
    forget(question)
    const waiters = [...question.waiters]
    question.waiters.clear()
    for (const ticket of question.tickets.values()) release(ticket)
    if (question.turn) release(question.turn)
    settleAll(waiters, answer)
  }

  const start = (question: Question, client: string, ticket: Ticket): void => {
    question.turn = ticket
    question.tickets.delete(client)
    for (const other of question.tickets.values()) release(other)
    question.tickets.clear()
    if (closed) return
    question.giveUp = source(question.name, question.record, answer => end(question, answer), {
      // Nobody who waits for a turn waits behind further tries that nobody wants.
      isWanted: () => question.waiters.size > 0 || turns.waiting() === 0,
      keepTurn: () => {
        ticket.kept = true
        return () => {
          ticket.kept = false
          if (!question.isListed) release(ticket)
        }
      },
    })
  }

  /** Too many wait, and of this client the most: those of others keep their tickets. */
  const refuse = (question: Question, client: string, ticket: Ticket): void => {
    ticket.over = true
    question.tickets.delete(client)
    const refused = [...question.waiters].filter(waiter => waiter.client === client)
    for (const waiter of refused) question.waiters.delete(waiter)
    if (question.waiters.size === 0) forget(question)
    settleAll(refused, REFUSED)
  }

  /** Where all turns are taken, and one of them by a question that nobody wants. */
  const makeRoom = (): void => {
    const oldest = unwanted.first()?.question
    if (!oldest || turns.active() < max) return
    oldest.giveUp()
    end(oldest, CANCELLED)
  }

  const enter = (question: Question, client: string): void => {
    const known = question.tickets.get(client)
    if (known) {
      known.waiters++
      return
    }
    const ticket = createTicket()
    question.tickets.set(client, ticket)
    const leave = turns.enter({
      client,
      run: () => start(question, client, ticket),
      refuse: () => refuse(question, client, ticket),
    })
    // It may have run, and have had its answer, before that returned.
    if (ticket.over) leave()
    else ticket.leave = leave
    if (ticket.over || !isWaiting(question)) return
    makeRoom()
    if (isWaiting(question)) onWait?.()
  }

  const drop = (waiter: Waiter): void => {
    const { question, client, asker } = waiter
    if (!question) return
    waiter.question = null
    question.waiters.delete(waiter)
    if (question.turn) {
      if (question.waiters.size > 0) return
      const debt = createUnwanted(question, asker)
      question.unwanted = debt
      unwanted.add(debt)
      if (asker) asker.owed++
      if (turns.waiting() > 0) makeRoom()
      return
    }
    const ticket = question.tickets.get(client)
    if (!ticket || --ticket.waiters > 0) return
    question.tickets.delete(client)
    if (question.waiters.size === 0) forget(question)
    release(ticket)
  }

  const want = (question: Question, waiter: Waiter): void => {
    question.waiters.add(waiter)
    if (!question.turn) return enter(question, waiter.client)
    settleDebt(question)
  }

  return {
    query: (name, record, settle, _update, asker) => {
      if (closed || asker?.left === true) return settle(CANCELLED)
      const key = `${record} ${name}`
      let question = joinable.get(key)
      if (!question) {
        question = createQuestion(key, name, record)
        joinable.add(question)
        pending.add(question)
      }
      const client = asker?.client ?? PROCESS_CLIENT
      const waiter: Waiter = { client, asker, settle, question }
      if (asker) addWait(asker, { drop: () => drop(waiter) })
      want(question, waiter)
    },
    pending: pending.size,
    detach: () => {
      // What waits for its turn has not been asked in the old network.
      for (const question of itemsOf(pending)) if (question.turn) joinable.delete(question)
    },
    close: () => {
      closed = true
      for (const question of itemsOf(pending)) {
        question.giveUp()
        end(question, CANCELLED)
      }
    },
  }
}
