import { PROCESS_CLIENT, addWait, settleAbandoned } from '../core/requester.ts'
import { createList, itemsOf } from '../core/list.ts'
import { createNameTable } from '../core/name-table.ts'
import type { Turns } from '../core/turns.ts'
import type { Question, Ticket, Unwanted, Waiter } from './question.ts'
import { createQuestion, createTicket, createUnwanted, isWaiting, release } from './question.ts'
import type { Answer, Query, Source } from './types.ts'

/** A query function that sends concurrent equal questions once. */
export type CoalescedQuery = {
  readonly query: Query
  /** Number of questions in flight or in the queue. */
  readonly pending: () => number
  /** From now on, equal questions start a new query; queries in flight continue for their current waiters. */
  readonly detach: () => void
  /** Answers ECANCELLED to all current and later waiters; late answers are dropped. */
  readonly close: () => void
}

/** Limits the questions in flight; each takes one slot of `turns`. */
export type QuestionTurns = {
  readonly turns: Turns
  /** Number of slots of `turns`. */
  readonly max: number
  /** Called when a question has to wait for a slot. */
  readonly onWait?: () => void
}

const CANCELLED: Answer = { ok: false, code: 'ECANCELLED', source: 'dns' }
const REFUSED: Answer = { ok: false, code: 'ERR_DNS_LIMIT', source: 'dns' }

/**
 * Sends one query per name and type, no matter how many ask; later requesters get the same answer. A question
 * in flight without waiters continues to fill the cache (RFC 8305 section 5), but a queued one is dropped
 * with its last waiter. If all slots are in use, the question that has had no waiters for longest is
 * cancelled for the next one.
 */
export const coalesce = (source: Source, { turns, max, onWait }: QuestionTurns): CoalescedQuery => {
  /** Questions that later waiters may join. */
  const joinable = createNameTable<Question>()
  const pending = createList<Question>()
  /** Questions in flight without waiters, the longest unwanted first. */
  const unwanted = createList<Unwanted>()
  let closed = false

  /** The question is wanted again or has ended, so it no longer counts against its last requester. */
  const settleDebt = (question: Question): void => {
    const debt = question.unwanted
    if (!debt) return
    question.unwanted = null
    unwanted.delete(debt)
    if (debt.owner) settleAbandoned(debt.owner)
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
      // While other questions wait for a slot, a question without waiters is not retried.
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

  /** The queue refused this client, which has the most questions in it; waiters of other clients stay. */
  const refuse = (question: Question, client: string, ticket: Ticket): void => {
    ticket.over = true
    question.tickets.delete(client)
    const refused = [...question.waiters].filter(waiter => waiter.client === client)
    for (const waiter of refused) question.waiters.delete(waiter)
    if (question.waiters.size === 0) forget(question)
    settleAll(refused, REFUSED)
  }

  /** Cancels the oldest question without waiters, if all slots are in use. */
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
    // The question may have run and ended before `turns.enter` returned.
    if (ticket.over) leave()
    else ticket.leave = leave
    if (ticket.over || !isWaiting(question)) return
    makeRoom()
    if (isWaiting(question)) onWait?.()
  }

  const drop = (waiter: Waiter): void => {
    const { question, client, requester } = waiter
    if (!question) return
    waiter.question = null
    question.waiters.delete(waiter)
    if (question.turn) {
      if (question.waiters.size > 0) return
      const debt = createUnwanted(question, requester)
      question.unwanted = debt
      unwanted.add(debt)
      if (requester) requester.abandoned++
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
    query: (name, record, settle, _update, requester) => {
      if (closed || requester?.left === true) return settle(CANCELLED)
      const key = `${record} ${name}`
      let question = joinable.get(key)
      if (!question) {
        question = createQuestion(key, name, record)
        joinable.add(question)
        pending.add(question)
      }
      const client = requester?.client ?? PROCESS_CLIENT
      const waiter: Waiter = { client, requester, settle, question }
      if (requester) addWait(requester, { drop: () => drop(waiter) })
      want(question, waiter)
    },
    pending: pending.size,
    detach: () => {
      // Queued questions were not sent in the old network, so they stay joinable.
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
