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
  /** Takes a message that may be an answer. */
  readonly take: (message: ToWorker) => void
}

/** Asks the primary. Where it is gone there is no answer any more: the process drains, and listens on nothing. */
export const createWorkerLink = (send: WorkerChannel['send']): WorkerLink => {
  let next = 1
  const holding = new Map<number, (answer: HoldAnswer) => void>()
  const placing = new Map<number, (error: ToldError | null) => void>()
  return {
    hold: question =>
      new Promise(resolve => {
        holding.set(next, resolve)
        send({ type: 'hold', id: next++, question })
      }),
    place: address =>
      new Promise(resolve => {
        placing.set(next, resolve)
        send({ type: 'place', id: next++, address })
      }),
    release: address => send({ type: 'release', address }),
    take: message => {
      if (message.type === 'held') {
        holding.get(message.id)?.(message.answer)
        holding.delete(message.id)
      } else if (message.type === 'placed') {
        placing.get(message.id)?.(message.error)
        placing.delete(message.id)
      }
    },
  }
}
