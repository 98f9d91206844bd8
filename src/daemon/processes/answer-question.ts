import { writeRace } from '../../admin/kept-race.ts'
import type { DaemonView } from '../../admin/daemon-view.ts'
import type { Answer, Question } from './questions.ts'

/** Maximum number of races in one answer. */
export const RACES_MAX = 500

/** Answers the primary, in a worker. */
export const answerQuestion = async (view: DaemonView, question: Question): Promise<Answer> => {
  if (question.type === 'report') return view.report()
  if (question.type === 'connections') return view.connections(question.limit)
  if (question.type === 'history') return view.history()
  const { ring } = view.races
  const found = ring.after(question.after, RACES_MAX)
  const last = found.at(-1)?.id ?? ring.lastId()
  return {
    last,
    isAll: last === ring.lastId(),
    races: found.map(({ time, item }) => [time, writeRace(item)]),
  }
}
