import type { ListenQuestions } from './shared-listen.ts'
import type { FromWorker, HoldAnswer, ToWorker, ToldError } from './types.ts'

/** How a worker talks to the primary. */
export type WorkerChannel = {
  /** Does nothing where the primary is gone. */
  readonly send: (message: FromWorker) => void
  /** What came before is lost. */
  readonly onMessage: (run: (message: ToWorker) => void) => void
  /** The primary is gone. */
  readonly onEnd: (run: () => void) => void
}

/** The answers to questions, by their numbers. */
export type WorkerLink = ListenQuestions & {
  /**
   * Says whether a configuration can be taken, and asks whether to put it in force.
   *
   * @param error why it cannot; null where it can
   * @returns whether all processes do
   */
  readonly decide: (error: ToldError | null) => Promise<boolean>
  /** Takes a message that may be an answer. */
  readonly take: (message: ToWorker) => void
  /** The primary is gone: each question is answered by an error, those that wait and those to come. */
  readonly end: () => void
}

const GONE: ToldError = { code: 'ERR_BUG', message: 'the process that leads this one is gone' }

/** Asks the primary. */
export const createWorkerLink = (send: WorkerChannel['send']): WorkerLink => {
  let next = 1
  let isOver = false
  const holding = new Map<number, (answer: HoldAnswer) => void>()
  const placing = new Map<number, (error: ToldError | null) => void>()
  let decided: ((commit: boolean) => void) | undefined

  const settleAll = (): void => {
    for (const answer of holding.values()) answer({ error: GONE })
    for (const answer of placing.values()) answer(GONE)
    decided?.(false)
  }

  return {
    hold: question =>
      new Promise(resolve => {
        holding.set(next, resolve)
        send({ type: 'hold', id: next++, question })
        if (isOver) settleAll()
      }),
    place: address =>
      new Promise(resolve => {
        placing.set(next, resolve)
        send({ type: 'place', id: next++, address })
        if (isOver) settleAll()
      }),
    release: address => send({ type: 'release', address }),
    decide: error =>
      new Promise(resolve => {
        decided = resolve
        send({ type: 'prepared', error })
        if (isOver) settleAll()
      }),
    end: () => {
      isOver = true
      settleAll()
    },
    take: message => {
      if (message.type === 'held') {
        holding.get(message.id)?.(message.answer)
        holding.delete(message.id)
      } else if (message.type === 'placed') {
        placing.get(message.id)?.(message.error)
        placing.delete(message.id)
      } else if (message.type === 'decided') decided?.(message.commit)
    },
  }
}
