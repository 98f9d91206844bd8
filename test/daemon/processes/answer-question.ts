import t from 'tap'
import { keepRace } from '../../../src/admin/kept-race.ts'
import { RACES_MAX, answerQuestion } from '../../../src/daemon/processes/answer-question.ts'
import type { SentRaces } from '../../../src/daemon/processes/questions.ts'
import { NO_REPORT, emptyView } from '../../fixtures/daemon-view.ts'
import { wonEvent } from '../../fixtures/race-trace.ts'

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
