import type { RecordType } from '../core/family.ts'
import type { Query } from './query.ts'
import type { Answer } from './types.ts'

/** One walk over the fully qualified names that a name may stand for. */
export type Walk = {
  /**
   * The answer of one family, at once where it is known.
   *
   * @param update called once where that answer is `refreshing`, when the refresh has ended
   * @returns ends the wait: neither is called any more
   */
  readonly wait: (
    record: RecordType,
    settle: (answer: Answer) => void,
    update?: (answer: Answer) => void,
  ) => () => void
  /** Whether every family has its answer. */
  readonly done: () => boolean
  /** Calls once, when every family has its answer. */
  readonly onDone: (run: () => void) => void
}

type Waiter = {
  readonly record: RecordType
  readonly settle: (answer: Answer) => void
  readonly update: ((answer: Answer) => void) | undefined
}

type Step = Partial<Record<RecordType, Answer>>

/** The codes after which the next name is tried; after any other the servers are not to be trusted to know. */
const GOES_ON = new Set(['ENOTFOUND', 'ENODATA', 'ESERVFAIL'])

/**
 * Which of a family's failures is reported: that the walk was broken off tells most, then that one of
 * the names exists without an address, as the C library has it.
 */
const rankOf = (answer: Answer): number => {
  if (answer.ok || !GOES_ON.has(answer.code)) return 0
  return ['ENODATA', 'ESERVFAIL', 'ENOTFOUND'].indexOf(answer.code) + 1
}

/**
 * Tries names in turn, both families of each at once, until one has an address in either family. That
 * ends the walk for both: otherwise the A record of one host could race the AAAA record of another.
 *
 * - NXDOMAIN in one family is about the name, so the next is tried at once, where the source can tell it
 *   from a name without addresses of that family. Some servers say it of
 *   AAAA alone where an A record exists (RFC 4074 section 4.2); an address that still comes counts
 *   as long as no later name has one.
 * - No data in one family waits for the other.
 * - SERVFAIL in one waits for the other and goes on, a timeout or a refusal ends the walk: to go on
 *   could find another host of that name, and would wait as long again.
 * - A family is answered as soon as its part is known, however long the other takes.
 * - A stale answer that its refresh changes moves the walk to no other name: only what the name says
 *   that ended it is passed on. Where none had an address, the first that has one when all are
 *   refreshed ends the walk after all.
 *
 * @param knowsNxdomain whether ENOTFOUND in one family means that the name does not exist
 */
export const startWalk = (
  names: readonly string[],
  records: readonly RecordType[],
  query: Query,
  knowsNxdomain = true,
): Walk => {
  const steps: Step[] = []
  const answers: Step = {}
  const waiters = new Set<Waiter>()
  /** Those who have had their answer, and want to hear of another one. */
  const listeners: Record<RecordType, Set<Waiter>> = { A: new Set(), AAAA: new Set() }
  let winner: Step | undefined
  let over = false
  let whenDone = (): void => {}

  const done = (): boolean => records.every(record => answers[record])

  const isRefreshing = (): boolean =>
    steps.some(step => records.some(record => step[record]?.refreshing))

  /** A family's answer, where it is known already. */
  const answerOf = (record: RecordType): Answer | undefined => {
    if (winner) return winner[record]
    if (!over) return undefined
    let worst: Answer | undefined
    for (const step of steps) {
      const answer = step[record]
      if (!answer) return undefined
      if (!worst || rankOf(answer) < rankOf(worst)) worst = answer
    }
    return worst && isRefreshing() ? { ...worst, refreshing: true } : worst
  }

  /** A name that was passed over may have an address now that it is refreshed. */
  const lookBack = (): void => {
    if (winner || !over || isRefreshing()) return
    winner = steps.find(step => records.some(record => step[record]?.ok))
  }

  const deliver = (): void => {
    if (done()) return
    lookBack()
    for (const record of records) {
      const answer = answers[record] ?? answerOf(record)
      if (answer) answers[record] = answer
    }
    // Those who still wait are put behind, and must not be met again.
    const waiting = [...waiters]
    for (const waiter of waiting) if (waiters.delete(waiter)) settleOrWait(waiter)
    if (done()) whenDone()
  }

  /** Decides after something came of a step: has the walk an end, or is the next name due? */
  const judge = (step: Step): void => {
    if (winner) return
    const known = records.map(record => step[record])
    if (known.some(answer => answer?.ok)) {
      winner = step
    } else if (!over && step === steps.at(-1)) {
      const codes = known.map(answer => (answer && !answer.ok ? answer.code : undefined))
      if (knowsNxdomain && codes.includes('ENOTFOUND')) tryNext()
      else if (!codes.includes(undefined)) {
        if (codes.every(code => code !== undefined && GOES_ON.has(code))) tryNext()
        else over = true
      }
    }
  }

  /** Tells those whose answer is being refreshed what has come of it, once that is known. */
  const conclude = (): void => {
    lookBack()
    for (const record of records) {
      if (!answers[record]?.refreshing) continue
      const answer = answerOf(record)
      if (!answer || answer.refreshing) continue
      // Whoever comes while the other family is still asked for gets the new one.
      answers[record] = answer
      const heard = [...listeners[record]]
      listeners[record].clear()
      for (const { update } of heard) update?.(answer)
    }
  }

  const tryNext = (): void => {
    const name = names[steps.length]
    if (name === undefined) {
      over = true
      return
    }
    const step: Step = {}
    steps.push(step)
    let asking = true
    for (const record of records) {
      query(
        name,
        record,
        answer => {
          step[record] = answer
          // Answers from memory come before the call returns; both families are asked before any is judged.
          if (asking) return
          judge(step)
          deliver()
          conclude()
        },
        answer => {
          step[record] = answer
          conclude()
        },
      )
    }
    asking = false
    judge(step)
  }

  const settleOrWait = (waiter: Waiter): void => {
    const answer = answers[waiter.record]
    if (!answer) return void waiters.add(waiter)
    waiter.settle(answer)
    if (waiter.update && answer.refreshing) listeners[waiter.record].add(waiter)
  }

  const wait: Walk['wait'] = (record, settle, update) => {
    const waiter: Waiter = { record, settle, update }
    settleOrWait(waiter)
    return () => {
      waiters.delete(waiter)
      listeners[record].delete(waiter)
    }
  }

  tryNext()
  deliver()
  return { wait, done, onDone: run => void (whenDone = run) }
}
