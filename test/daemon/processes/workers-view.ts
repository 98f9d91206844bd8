import t from 'tap'
import { createRaceRing } from '../../../src/admin/race-ring.ts'
import type { KeptRace } from '../../../src/admin/kept-race.ts'
import { createOpenAnswers } from '../../../src/daemon/processes/open-answers.ts'
import { parseConfig } from '../../../src/config/parse.ts'
import type { Ask, Question } from '../../../src/daemon/processes/questions.ts'
import { createWorkersView } from '../../../src/daemon/processes/workers-view.ts'
import type { Snapshot } from '../../../src/metrics/snapshot.ts'
import { valueOf } from '../../../src/metrics/snapshot.ts'
import { NO_REPORT, emptyView } from '../../fixtures/daemon-view.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const worker = () => {
  const ring = createRaceRing<KeptRace>(1000)
  const metrics: Snapshot = {
    eyeballd_connections_total: new Map([['s', 5]]),
    eyeballd_connections_active: new Map([['s', 1]]),
    eyeballd_log_dropped_total: new Map([['', 2]]),
    process_cpu_seconds_total: new Map([['', 100]]),
  }
  const view = emptyView({ ...NO_REPORT, engine: 'splice', metrics })
  const races = { ...view.races, ring }
  let isGone = false
  let hangs = false
  let asked = 0
  const ask = ((question: Question) => {
    asked++
    if (isGone || hangs) return Promise.resolve(null)
    return new Promise(resolve => {
      createOpenAnswers((_, answer) => resolve(answer as never)).ask(
        { ...view, races },
        1,
        question,
      )
    })
  }) as Ask
  return {
    ask,
    metrics: () => metrics,
    ended: () => (isGone ? 'SIGKILL' : null),
    hang: () => (hangs = true),
    add: (time: number) => ring.add(time, `{"conn":"c${time}"}`),
    asked: () => asked,
    leave: () => (isGone = true),
  }
}

const rig = () => {
  const clock = createHandClock()
  const workers = [worker(), worker()] as const
  const serving = () => workers.filter(({ ended }) => ended() === null)
  const view = createWorkersView({ clock, serving, logDropped: () => 3 })
  for (const each of workers) view.add(each)
  const keepRaces = (max: number): void =>
    view.change(
      parseConfig(
        `{ admin: { raceHistory: ${Math.max(max, 1)} ${max > 0 ? ", listen: '127.0.0.1:1'" : ''} },
          listeners: [{ name: s, protocol: socks, listen: '127.0.0.1:0' }] }`,
        'test',
      ),
    )
  const conns = () =>
    view.races.ring.after(0, 9999).map(({ id, item }) => `${id} ${item as string}`)
  return { clock, workers, view, conns, keepRaces }
}

t.test('the report is a sum, also of what a worker has last said', async t => {
  const { view, workers, keepRaces } = rig()
  keepRaces(0)
  const read = async () => {
    const { metrics, engine } = await view.report()
    const total = valueOf(metrics, 'eyeballd_connections_total', 's')
    const active = valueOf(metrics, 'eyeballd_connections_active', 's')
    return { total, active, engine, metrics }
  }
  const first = await read()
  t.match(first, { total: 10, active: 2, engine: 'splice' })
  t.equal(valueOf(first.metrics, 'eyeballd_log_dropped_total'), 7, "with the primary's own")
  t.ok(valueOf(first.metrics, 'process_cpu_seconds_total') > 200)
  workers[0].hang()
  t.match(await read(), { total: 10, active: 2 }, 'one that does not answer')
  workers[0].leave()
  t.match(await read(), { total: 10, active: 1 }, 'one that has died')
  workers[1].leave()
  const last = await read()
  t.match(last, { total: 10, active: 0, engine: 'splice' })
  t.ok(valueOf(last.metrics, 'process_cpu_seconds_total') > 200)
})

t.test('connections and history of those that answer are joined', async t => {
  const { view, workers } = rig()
  workers[0].hang()
  t.same(await view.history(), [])
  t.same(await view.connections(5), { total: 0, connections: [] })
  const request = { target: { host: 'a', port: 1 }, client: 'unix' }
  const { signal } = new AbortController()
  t.match(await view.race(request, signal), { ok: false, code: 'ERR_PROCESS_LOST' })
  workers[0].leave()
  t.match(await view.race(request, signal), { ok: false, code: 'ERR_ACCESS_DENIED' })
})

t.test('races of all are fetched once, in the order of their times', async t => {
  const { view, workers, conns, keepRaces } = rig()
  await view.races.refresh()
  t.equal(workers[0].asked(), 0, 'nothing is kept yet')
  keepRaces(2000)
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

t.test('requests that wait for races share the next answer', async t => {
  const { view, workers, keepRaces, conns } = rig()
  keepRaces(10)
  const first = view.races.refresh()
  await turn()
  const before = workers[0].asked()
  const waiting = Array.from({ length: 100 }, () => view.races.refresh())
  workers[0].add(1)
  await Promise.all([first, ...waiting])
  t.ok(workers[0].asked() <= before + 1, `asked ${workers[0].asked()} times`)
  t.same(conns(), ['1 {"conn":"c1"}'], 'what was there when they asked')
  workers[0].add(2)
  await view.races.refresh()
  t.equal(conns().length, 2)
  view.close()
})

t.test('a stream has them fetched often, and nobody else does', async t => {
  const { view, workers, clock, keepRaces } = rig()
  keepRaces(10)
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
  keepRaces(0)
  t.equal(clock.pending(), 0)
})
