import t from 'tap'
import { createRaceRing } from '../../../src/admin/race-ring.ts'
import type { KeptRace } from '../../../src/admin/kept-race.ts'
import { answerQuestion } from '../../../src/daemon/processes/answer-question.ts'
import type { Ask } from '../../../src/daemon/processes/questions.ts'
import { createWorkersView } from '../../../src/daemon/processes/workers-view.ts'
import { NO_STATUS, emptyView } from '../../fixtures/daemon-view.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const worker = () => {
  const ring = createRaceRing<KeptRace>(1000)
  const view = { ...emptyView({ ...NO_STATUS, dnsWaiting: 1 }) }
  const races = { ...view.races, ring }
  let isGone = false
  let asked = 0
  const ask = (async question => {
    asked++
    return isGone ? null : answerQuestion({ ...view, races }, question)
  }) as Ask
  return {
    ask,
    add: (time: number) => ring.add(time, `{"conn":"c${time}"}`),
    asked: () => asked,
    leave: () => (isGone = true),
  }
}

const rig = () => {
  const clock = createHandClock()
  const workers = [worker(), worker()] as const
  const view = createWorkersView({ clock, running: () => workers })
  const conns = () =>
    view.races.ring.after(0, 9999).map(({ id, item }) => `${id} ${item as string}`)
  return { clock, workers, view, conns }
}

t.test('the status is a sum of those that answer', async t => {
  const { view, workers } = rig()
  t.equal((await view.status()).dnsWaiting, 2)
  workers[0].leave()
  t.equal((await view.status()).dnsWaiting, 1)
})

t.test('races of all are fetched once, in the order of their times', async t => {
  const { view, workers, conns } = rig()
  await view.races.refresh()
  t.equal(workers[0].asked(), 0, 'nothing is kept yet')
  view.keepRaces(2000)
  workers[0].add(1)
  workers[1].add(2)
  workers[0].add(3)
  await Promise.all([view.races.refresh(), view.races.refresh()])
  t.same(conns(), ['1 {"conn":"c1"}', '2 {"conn":"c2"}', '3 {"conn":"c3"}'])
  for (let i = 0; i < 900; i++) workers[1].add(10 + i)
  workers[0].leave()
  await view.races.refresh()
  t.equal(conns().length, 903)
  t.equal(conns().at(-1), '903 {"conn":"c909"}')
  view.close()
})

t.test('a stream has them fetched often, and nobody else does', async t => {
  const { view, workers, clock } = rig()
  view.keepRaces(10)
  let woken = 0
  const stop = view.races.watch(() => void woken++)
  workers[0].add(1)
  clock.advance(250)
  await turn()
  t.equal(woken, 1)
  clock.advance(250)
  await turn()
  t.equal(woken, 1, 'there was none')
  stop()
  clock.advance(250)
  await turn()
  const before = workers[0].asked()
  clock.advance(4999)
  await turn()
  t.equal(workers[0].asked(), before)
  clock.advance(1)
  await turn()
  t.equal(workers[0].asked(), before + 1)
  view.close()
  t.equal(clock.pending(), 0)
  view.keepRaces(0)
  t.equal(clock.pending(), 0)
})
