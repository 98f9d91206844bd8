import type { Config } from '../../config/types.ts'
import type { Clock } from '../../core/clock.ts'
import type { Snapshot } from '../../metrics/snapshot.ts'
import type { Applied, FromWorker, Prepared } from './messages.ts'
import type { Ask } from './questions.ts'
import { createQuestions } from './questions.ts'
import type { Reservations } from './reservations.ts'
import type { WorkerProcess } from './start-worker-process.ts'

/** The primary ends a worker that has not answered within this time, because it hangs. */
export const ANSWER_TIMEOUT_MS = 30_000

const HUNG = `it did not answer for ${ANSWER_TIMEOUT_MS / 1000} s`

/** How long a worker may take to end its connections and itself. */
export const END_TIMEOUT_MS = 5000

/** One worker, as the primary controls it. */
export type WorkerControl = {
  readonly pid: number
  /**
   * Sends a configuration to prepare. Resolves to null if the worker ended before it answered. Never
   * rejects.
   *
   * @param lenient an address that cannot be opened counts as lost, not as an error
   */
  readonly prepare: (config: Config, lenient: boolean) => Promise<Prepared | null>
  /**
   * Sends the decision to apply what was prepared, or to return to the previous configuration. Resolves to
   * null if the worker ended before it answered.
   */
  readonly decide: (commit: boolean) => Promise<Applied | null>
  /** Resolves once the worker accepts no more connections. */
  readonly drain: () => Promise<void>
  /** Asks for the worker's metrics. Resolves when it has sent them, or has ended. */
  readonly count: () => Promise<void>
  readonly ask: Ask
  /** Tells the worker to end its connections and then itself at once. */
  readonly end: () => void
  readonly kill: () => void
  /** What the worker has last reported. */
  readonly metrics: () => Snapshot
  /** How the worker ended, for people; null while it runs. */
  readonly ended: () => string | null
  /** Resolves to how the worker ended. */
  readonly gone: Promise<string>
}

type WorkerControlParts = {
  /** Unique among all workers ever started. */
  readonly number: number
  readonly process: WorkerProcess
  readonly reservations: Reservations
  readonly clock: Clock
  readonly onLine: (line: string) => void
}

/** At most one pending request, and its answer. */
type Pending<T> = {
  readonly ask: (send: () => void) => Promise<T | null>
  /** @returns false if no question is pending */
  readonly answer: (value: T) => boolean
}

export const createWorkerControl = ({
  number,
  process,
  reservations,
  clock,
  onLine,
}: WorkerControlParts): WorkerControl => {
  let metrics: Snapshot = {}
  let how: string | null = null
  let isHung = false
  const unanswered = new Set<() => void>()
  let resolveGone: (how: string) => void = () => {}
  const gone = new Promise<string>(resolve => (resolveGone = resolve))

  const createPending = <T>(): Pending<T> => {
    let before: Promise<unknown> = Promise.resolve()
    let take: ((value: T | null) => void) | undefined
    const askNow = (send: () => void): Promise<T | null> =>
      new Promise(resolve => {
        if (how !== null) {
          resolve(null)
          return
        }
        const cancel = clock.after(ANSWER_TIMEOUT_MS, () => {
          isHung = true
          process.kill()
        })
        const settle = (value: T | null): void => {
          cancel()
          unanswered.delete(giveUp)
          take = undefined
          resolve(value)
        }
        const giveUp = (): void => settle(null)
        unanswered.add(giveUp)
        take = settle
        send()
      })
    return {
      ask: send => {
        const answer = before.then(() => askNow(send))
        before = answer
        return answer
      },
      answer: value => {
        if (!take) return false
        take(value)
        return true
      },
    }
  }

  const preparing = createPending<Prepared>()
  const deciding = createPending<Applied>()
  const draining = createPending<true>()
  const counting = createPending<true>()
  const questions = createQuestions(
    clock,
    (id, question) => process.send({ type: 'ask', id, question }),
    id => process.send({ type: 'leave', id }),
  )

  /** A message may leave some metrics out. */
  const keep = (more: Snapshot): void => {
    metrics = { ...metrics, ...more }
  }

  const take = (message: FromWorker): void => {
    switch (message.type) {
      case 'ready':
        return
      case 'prepared':
        reservations.finish(number)
        preparing.answer(message)
        return
      case 'applied':
        reservations.finish(number)
        if (!deciding.answer(message)) preparing.answer(message)
        return
      case 'draining':
        draining.answer(true)
        return
      case 'counted':
        keep(message.metrics)
        counting.answer(true)
        return
      case 'answer':
        if ('metrics' in message.answer) keep(message.answer.metrics)
        questions.answer(message.id, message.answer)
        return
      case 'metrics':
        keep(message.metrics)
        return
      case 'reserve': {
        const { id, request } = message
        reservations.request(number, request, answer =>
          process.send({ type: 'reserved', id, answer }),
        )
        return
      }
      case 'place': {
        const { id, address } = message
        void reservations.place(address).then(error => process.send({ type: 'placed', id, error }))
        return
      }
      case 'release':
        reservations.release(number, message.address)
    }
  }

  process.listen({
    message: take,
    line: onLine,
    gone: reason => {
      how = isHung ? HUNG : reason
      reservations.forget(number)
      for (const giveUp of unanswered) giveUp()
      questions.end()
      resolveGone(how)
    },
  })

  return {
    pid: process.pid,
    prepare: (config, lenient) =>
      preparing.ask(() => {
        reservations.begin(number)
        process.send({ type: 'apply', config, idSuffix: `-${number.toString(36)}`, lenient })
      }),
    decide: commit =>
      deciding.ask(() => {
        // The worker may have to listen again to return to the previous configuration.
        if (!commit) reservations.begin(number)
        process.send({ type: 'decided', commit })
      }),
    drain: async () => void (await draining.ask(() => process.send({ type: 'drain' }))),
    count: async () => void (await counting.ask(() => process.send({ type: 'count' }))),
    ask: questions.ask,
    end: () => {
      process.send({ type: 'end' })
      const cancel = clock.after(END_TIMEOUT_MS, process.kill)
      void gone.then(cancel)
    },
    kill: process.kill,
    metrics: () => metrics,
    ended: () => how,
    gone,
  }
}
