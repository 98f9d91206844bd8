import t from 'tap'
import type { Question } from '../../../src/daemon/processes/questions.ts'
import { QUESTION_TIMEOUT_MS, createQuestions } from '../../../src/daemon/processes/questions.ts'
import { NO_REPORT } from '../../fixtures/daemon-view.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'

const rig = () => {
  const clock = createHandClock()
  const sent: [number, Question][] = []
  const left: number[] = []
  const questions = createQuestions(
    clock,
    (id, question) => void sent.push([id, question]),
    id => void left.push(id),
  )
  return { clock, sent, left, ...questions }
}

t.test('answers are matched to questions', async t => {
  const { ask, answer, sent, clock } = rig()
  const races = ask({ type: 'races', after: 7 })
  const report = ask({ type: 'report' })
  t.same(sent, [
    [1, { type: 'races', after: 7 }],
    [2, { type: 'report' }],
  ])
  answer(2, NO_REPORT)
  t.equal(await report, NO_REPORT)
  answer(1, { last: 8, isAll: true, races: [] })
  t.match(await races, { last: 8 })
  answer(1, NO_REPORT)
  answer(99, NO_REPORT)
  t.equal(clock.pending(), 0)
})

t.test('a worker that hangs or ends has no answer', async t => {
  const { ask, end, answer, clock, sent } = rig()
  const late = ask({ type: 'report' })
  clock.advance(QUESTION_TIMEOUT_MS)
  t.equal(await late, null)
  answer(1, NO_REPORT)
  const open = ask({ type: 'report' })
  end()
  t.equal(await open, null)
  t.equal(await ask({ type: 'report' }), null)
  t.equal(sent.length, 2)
  t.equal(clock.pending(), 0)
})

t.test('a question with a signal has no time limit, and can be taken back', async t => {
  const { ask, answer, left, clock } = rig()
  const request = { target: { host: 'a', port: 1 }, client: 'unix' }
  const first = new AbortController()
  const taken = ask({ type: 'race', request }, first.signal)
  t.equal(clock.pending(), 0)
  first.abort()
  t.equal(await taken, null)
  t.same(left, [1])
  const second = new AbortController()
  const answered = ask({ type: 'race', request }, second.signal)
  const denied = { ok: false, code: 'ERR_ACCESS_DENIED', message: 'no' } as const
  answer(2, denied)
  t.equal(await answered, denied)
  second.abort()
  t.same(left, [1])
  t.equal(await ask({ type: 'race', request }, first.signal), null)
  t.same(left, [1])
})
