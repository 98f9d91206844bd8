import type { ListenQuestions } from './shared-listen.ts'
import type { FromWorker, HoldAnswer, ToWorker, ToldError } from './types.ts'

/** The channel from a worker to the primary. */
export type WorkerChannel = {
  /** Does nothing if the primary has ended. */
  readonly send: (message: FromWorker) => void
  /** Messages that arrived before this call are lost. */
  readonly onMessage: (run: (message: ToWorker) => void) => void
  /** Calls `run` when the primary has ended. */
  readonly onEnd: (run: () => void) => void
}

/** Questions to the primary, matched to their answers by number. */
export type WorkerLink = ListenQuestions & {
  /**
   * Reports whether this worker can take a configuration, and asks whether to apply it.
   *
   * @param error why it cannot; null if it can
   * @returns true if all processes can take it
   */
  readonly decide: (error: ToldError | null) => Promise<boolean>
  /** Handles a message that may be an answer. */
  readonly take: (message: ToWorker) => void
  /** The primary has ended: all questions, pending and future, are answered with an error. */
  readonly end: () => void
}

const GONE: ToldError = { code: 'ERR_BUG', message: 'the process that leads this one is gone' }

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
