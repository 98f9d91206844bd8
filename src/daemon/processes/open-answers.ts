import { writeRace } from '../../admin/kept-race.ts'
import type { DaemonView } from '../../admin/daemon-view.ts'
import type { Answer, Question } from './questions.ts'

/** Maximum number of races in one answer. */
export const RACES_MAX = 500

const answerQuestion = async (
  view: DaemonView,
  question: Question,
  signal: AbortSignal,
): Promise<Answer> => {
  switch (question.type) {
    case 'report':
      return view.report()
    case 'connections':
      return view.connections(question.limit)
    case 'history':
      return view.history()
    case 'race': {
      const result = await view.race(question.request, signal)
      return result.ok ? { ok: true, race: writeRace(result.race) } : result
    }
    case 'races': {
      const { ring } = view.races
      const found = ring.after(question.after, RACES_MAX)
      const last = found.at(-1)?.id ?? ring.lastId()
      return {
        last,
        isAll: last === ring.lastId(),
        races: found.map(({ time, item }) => [time, writeRace(item)]),
      }
    }
  }
}

/** Answers the primary, in a worker. */
export type OpenAnswers = {
  readonly ask: (view: DaemonView, id: number, question: Question) => void
  /** Nobody waits for an answer any more. */
  readonly leave: (id: number) => void
}

/** @param send called with each answer; not with one that nobody waits for */
export const createOpenAnswers = (send: (id: number, answer: Answer) => void): OpenAnswers => {
  const open = new Map<number, AbortController>()
  return {
    ask: (view, id, question) => {
      const left = new AbortController()
      open.set(id, left)
      const answer = async (): Promise<void> => {
        const given = await answerQuestion(view, question, left.signal)
        if (open.delete(id)) send(id, given)
      }
      void answer()
    },
    leave: id => {
      open.get(id)?.abort()
      open.delete(id)
    },
  }
}
