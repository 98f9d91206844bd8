import type { RecordType } from '../core/ip.ts'
import type { Answer, Query } from './types.ts'

/** One search over the candidate names of a name. */
export type NameSearch = {
  /**
   * Delivers the answer of one family, at once if it is known.
   *
   * @param update called once after an answer that is `refreshing`, when the refresh has ended
   * @returns ends the wait: neither callback is called any more
   */
  readonly wait: (
    record: RecordType,
    settle: (answer: Answer) => void,
    update?: (answer: Answer) => void,
  ) => () => void
  /** Whether every family has its answer. */
  readonly done: () => boolean
  /** Calls `run` once, when every family has its answer. */
  readonly onDone: (run: () => void) => void
}

type Waiter = {
  readonly record: RecordType
  readonly settle: (answer: Answer) => void
  readonly update: ((answer: Answer) => void) | undefined
}

type Step = Partial<Record<RecordType, Answer>>

/** Codes after which the search continues with the next name; after any other code the servers cannot be trusted. */
const GOES_ON = new Set(['ENOTFOUND', 'ENODATA', 'ESERVFAIL'])

/**
 * The rank of a failure; the lowest is reported. First a failure that ended the search, then ENODATA (one of
 * the names exists without an address), as in the C library.
 */
const rankOf = (answer: Answer): number => {
  if (answer.ok || !GOES_ON.has(answer.code)) return 0
  return ['ENODATA', 'ESERVFAIL', 'ENOTFOUND'].indexOf(answer.code) + 1
}

/**
 * Tries names in turn, both families of each at once, until one has an address in either family. This ends
 * the search for both families, so that the A record of one host never races the AAAA record of another.
 *
 * - NXDOMAIN in one family concerns the name, so the next name is tried at once if the source distinguishes
 *   NXDOMAIN from a missing record. Some servers return it for AAAA although an A record exists (RFC 4074
 *   section 4.2), so a later address still counts while no later name has one.
 * - NODATA in one family waits for the other.
 * - SERVFAIL in one family waits for the other and then continues. A timeout or a refusal ends the search:
 *   the next name could be another host, and would take as long again.
 * - A family gets its answer as soon as it is known, no matter how long the other takes.
 * - A refresh does not move the search to another name: updates come from the name that ended it. If no name
 *   had an address, the first that has one after all refreshes ends the search.
 *
 * @param knowsNxdomain whether ENOTFOUND in one family means that the name does not exist
 */
export const startNameSearch = (
  names: readonly string[],
  records: readonly RecordType[],
  query: Query,
  knowsNxdomain = true,
): NameSearch => {
  const steps: Step[] = []
  const answers: Step = {}
  const waiters = new Set<Waiter>()
  /** Waiters that have a stale answer and want its update. */
  const listeners: Record<RecordType, Set<Waiter>> = { A: new Set(), AAAA: new Set() }
  let winner: Step | undefined
  let over = false
  let whenDone = (): void => {}

  const done = (): boolean => records.every(record => answers[record])

  const isRefreshing = (): boolean =>
    steps.some(step => records.some(record => step[record]?.refreshing))

  /** Returns the answer of a family, if it is known. */
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

  /** A name without an address may have one after its refresh. */
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
    // `settleOrWait` may add a waiter again, so the loop needs a copy.
    const waiting = [...waiters]
    for (const waiter of waiting) if (waiters.delete(waiter)) settleOrWait(waiter)
    if (done()) whenDone()
  }

  /** Decides after each answer whether the search ends or continues with the next name. */
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

  /** Calls `update` of the waiters with a stale answer, once the refresh has a result. */
  const conclude = (): void => {
    lookBack()
    for (const record of records) {
      if (!answers[record]?.refreshing) continue
      const answer = answerOf(record)
      if (!answer || answer.refreshing) continue
      // Waiters that come while the other family is still queried get the new answer.
      answers[record] = answer
      const updated = [...listeners[record]]
      listeners[record].clear()
      for (const { update } of updated) update?.(answer)
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
    let control = true
    for (const record of records) {
      query(
        name,
        record,
        answer => {
          step[record] = answer
          // Cached answers arrive before `query` returns; both families are queried before any answer is judged.
          if (control) return
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
    control = false
    judge(step)
  }

  const settleOrWait = (waiter: Waiter): void => {
    const answer = answers[waiter.record]
    if (!answer) return void waiters.add(waiter)
    waiter.settle(answer)
    if (waiter.update && answer.refreshing) listeners[waiter.record].add(waiter)
  }

  const wait: NameSearch['wait'] = (record, settle, update) => {
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
