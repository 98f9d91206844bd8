import type {
  Demoted,
  OwnRaceRequest,
  OwnRaceResult,
  ProcessReport,
  ShownConnections,
} from '../../admin/daemon-view.ts'
import type { Clock } from '../../core/clock.ts'

/** What the primary asks a worker for its admin endpoint. */
export type Question =
  | { readonly type: 'report' }
  /** The races after this number of the worker's own. */
  | { readonly type: 'races'; readonly after: number }
  | { readonly type: 'connections'; readonly limit: number }
  | { readonly type: 'history' }
  | { readonly type: 'race'; readonly request: OwnRaceRequest }

/** Races as a worker sends them, the oldest first. */
export type SentRaces = {
  /** The number of the last one, for the next question. */
  readonly last: number
  /** False if there are more. */
  readonly isAll: boolean
  readonly races: readonly (readonly [time: number, fields: string])[]
}

/** The answers by the type of their question. */
export type Answers = {
  readonly report: ProcessReport
  readonly races: SentRaces
  readonly connections: ShownConnections
  readonly history: readonly Demoted[]
  readonly race: OwnRaceResult
}

export type Answer = Answers[keyof Answers]

/**
 * Asks one worker: null if it has ended, or has not answered in time.
 *
 * @param signal takes the question back; it has no time limit then
 */
export type Ask = <Type extends Question['type']>(
  question: Extract<Question, { type: Type }>,
  signal?: AbortSignal,
) => Promise<Answers[Type] | null>

/** How long a worker may take: the endpoint answers without one that hangs. */
export const QUESTION_TIMEOUT_MS = 2000

/** The open questions to one worker, matched to their answers by number. */
export type Questions = {
  readonly ask: Ask
  readonly answer: (id: number, answer: Answer) => void
  /** The worker has ended: all questions, open and future, are answered with null. */
  readonly end: () => void
}

export const createQuestions = (
  clock: Pick<Clock, 'after'>,
  send: (id: number, question: Question) => void,
  leave: (id: number) => void,
): Questions => {
  const open = new Map<number, (answer: Answer | null) => void>()
  let next = 1
  let isOver = false
  return {
    ask: (question, signal) =>
      new Promise(resolve => {
        if (isOver || signal?.aborted) return resolve(null)
        const id = next++
        const cancel = signal ? () => {} : clock.after(QUESTION_TIMEOUT_MS, () => settle(null))
        const onLeft = (): void => {
          leave(id)
          settle(null)
        }
        const settle = (answer: Answer | null): void => {
          cancel()
          signal?.removeEventListener('abort', onLeft)
          open.delete(id)
          // A worker answers each question by its type.
          resolve(answer as never)
        }
        open.set(id, settle)
        signal?.addEventListener('abort', onLeft)
        send(id, question)
      }),
    answer: (id, answer) => open.get(id)?.(answer),
    end: () => {
      isOver = true
      for (const settle of open.values()) settle(null)
    },
  }
}
