import t from 'tap'
import { keepRace } from '../../../src/admin/kept-race.ts'
import { RACES_MAX, createOpenAnswers } from '../../../src/daemon/processes/open-answers.ts'
import type { Answer, Question, SentRaces } from '../../../src/daemon/processes/questions.ts'
import type { DaemonView } from '../../../src/admin/daemon-view.ts'
import { NO_REPORT, emptyView } from '../../fixtures/daemon-view.ts'
import { wonEvent } from '../../fixtures/race-trace.ts'

/** The answer to one question. */
const answerQuestion = (view: DaemonView, question: Question): Promise<Answer> =>
  new Promise(resolve => {
    createOpenAnswers((id, answer) => {
      if (id === 7) resolve(answer)
    }).ask(view, 7, question)
  })

t.test('a report, history and connections', async t => {
  t.equal(await answerQuestion(emptyView(), { type: 'report' }), NO_REPORT)
  t.same(await answerQuestion(emptyView(), { type: 'history' }), [])
  const connections = { total: 0, connections: [] }
  t.same(await answerQuestion(emptyView(), { type: 'connections', limit: 1 }), connections)
})

t.test('races come in order, in several answers if they are many', async t => {
  const view = emptyView()
  const ask = async (after: number) =>
    (await answerQuestion(view, { type: 'races', after })) as SentRaces
  t.same(await ask(0), { last: 0, isAll: true, races: [] })
  view.races.ring.resize(2000)
  const count = RACES_MAX + 2
  for (let i = 1; i <= count; i++) view.races.ring.add(i, keepRace({ ...wonEvent, conn: `c${i}` }))
  const first = await ask(0)
  t.match(first, { last: RACES_MAX, isAll: false, races: { length: RACES_MAX } })
  const rest = await ask(first.last)
  t.match(rest, { last: count, isAll: true, races: { length: 2 } })
  const [time, fields] = rest.races[1] ?? []
  t.equal(time, count)
  t.match(JSON.parse(fields ?? ''), { conn: `c${count}`, outcome: 'won' })
  t.same(await ask(count), { last: count, isAll: true, races: [] })
})

t.test('a race, and one that nobody waits for any more', async t => {
  const signals: AbortSignal[] = []
  const settle: (() => void)[] = []
  const view: DaemonView = {
    ...emptyView(),
    race: (_, signal) => {
      signals.push(signal)
      return new Promise(resolve => {
        settle.push(() => resolve({ ok: true, race: keepRace(wonEvent) }))
      })
    },
  }
  const answers: [number, Answer][] = []
  const open = createOpenAnswers((id, answer) => void answers.push([id, answer]))
  const request = { target: { host: 'a', port: 1 }, client: 'unix' }
  open.ask(view, 1, { type: 'race', request })
  open.ask(view, 2, { type: 'race', request })
  open.leave(2)
  open.leave(99)
  t.same(
    signals.map(({ aborted }) => aborted),
    [false, true],
  )
  for (const each of settle) each()
  await new Promise(resolve => setImmediate(resolve))
  t.match(answers, [[1, { ok: true, race: /^\{"conn":"/ }]])
  const denied = { ok: false, code: 'ERR_ACCESS_DENIED', message: 'no' } as const
  const denying = { ...emptyView(), race: async () => denied }
  t.same(await answerQuestion(denying, { type: 'race', request }), denied)
})
