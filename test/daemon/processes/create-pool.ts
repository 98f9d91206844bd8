import t from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import { createPool } from '../../../src/daemon/processes/create-pool.ts'
import { createHolds } from '../../../src/daemon/processes/holds.ts'
import { sumCounters } from '../../../src/daemon/processes/sum-counters.ts'
import type { ToldError, ToWorker } from '../../../src/daemon/processes/types.ts'
import type { DaemonEvent } from '../../../src/log/types.ts'
import { createFakeWorker } from '../../fixtures/fake-worker.ts'
import type { FakeWorker } from '../../fixtures/fake-worker.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'

const TEXT = "{ listeners: [{ name: s, protocol: socks, listen: '127.0.0.1:0' }] }"
const config = parseConfig(TEXT, 'test')
const other = parseConfig(TEXT.replace('name: s', 'name: o'), 'test')
const error: ToldError = { code: 'EADDRINUSE', message: 'taken' }

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/**
 * What a worker says to a configuration: that it can take it, unless there is an error for it or it dies,
 * by this signal or status.
 */
type Answer = (name: string, worker: FakeWorker, index: number) => ToldError | string | null

/** @param lost how many addresses each worker says to have lost */
const rig = (answer: Answer = () => null, lost: () => number = () => 0) => {
  const clock = createHandClock()
  const workers: FakeWorker[] = []
  const events: DaemonEvent[] = []
  const freed: number[] = []
  const prepared = new Map<FakeWorker, { error: ToldError | null; notices: DaemonEvent[] }>()
  let port = 1000
  const onTold = (message: ToWorker, worker: FakeWorker): void => {
    if (message.type === 'apply') {
      const [listener] = message.config.listeners
      const said = answer(listener?.name ?? '', worker, workers.indexOf(worker))
      const address = String(listener?.listen[0]?.type === 'tcp' && listener.listen[0].port)
      const notice = { type: 'listening', listener: 's', protocol: 'socks', address } as const
      if (typeof said === 'string') worker.die(said)
      else {
        prepared.set(worker, { error: said, notices: [{ ...notice, connections: 5 }] })
        worker.say({ type: 'prepared', error: said })
      }
    } else if (message.type === 'decided') {
      const { error: why = null, notices = [] } = prepared.get(worker) ?? {}
      const refused = message.commit ? null : (why ?? { code: 'ERR_BUG', message: 'not all can' })
      const said = { error: refused, notices: refused ? [] : notices, lost: lost() }
      worker.say({ type: 'applied', ...said })
    } else if (message.type === 'count') {
      worker.say({ type: 'counted', counters: { ...sumCounters([]), connections: 3 } })
    } else if (message.type === 'drain') worker.say({ type: 'draining' })
    else if (message.type === 'end') worker.die('exit status 0')
  }
  const pool = createPool({
    processes: 2,
    reusePort: true,
    clock,
    start: () => {
      const worker = createFakeWorker(100 + workers.length, onTold)
      workers.push(worker)
      return worker.process
    },
    holds: createHolds({
      holdPort: () => {
        const own = port++
        return { port: own, close: () => void freed.push(own) }
      },
      probePort: async (_, asked) => asked,
      createUnixPlace: () => {
        throw new Error('no UNIX socket is wanted here')
      },
    }),
    onEvent: event => void events.push(event),
    onLine: () => {},
  })
  const names = (worker: number): string[] =>
    (workers[worker]?.told ?? []).flatMap(message =>
      message.type === 'apply' ? (message.config.listeners[0]?.name ?? '') : [],
    )
  const decisions = (worker: number): boolean[] =>
    (workers[worker]?.told ?? []).flatMap(message =>
      message.type === 'decided' ? message.commit : [],
    )
  return { clock, workers, events, pool, names, decisions, freed }
}

t.test('all are told, and what they say is said once', async t => {
  const { pool, workers, events, names } = rig()
  await pool.apply(config)
  t.equal(workers.length, 2)
  t.match(events, [{ type: 'listening', address: '1000', connections: 10 }])
  t.equal(events.length, 1)
  await pool.apply(other)
  t.same(
    [names(0), names(1)],
    [
      ['s', 'o'],
      ['s', 'o'],
    ],
  )
  t.match(events.at(-1), { address: '1001' }, 'another listener has another port')
  t.match(await pool.count(), { connections: 6 })
})

t.test('where one cannot, none does', async t => {
  const { pool, events, names, decisions, freed } = rig((name, _, index) =>
    name === 'o' && index === 1 ? error : null,
  )
  await pool.apply(config)
  await t.rejects(pool.apply(other), error)
  for (const worker of [0, 1]) {
    t.same(names(worker), ['s', 'o'], 'what was in force was never given up')
    t.same(decisions(worker), [true, false])
  }
  t.equal(events.length, 1, 'nothing is said of it')
  t.same(freed, [1000, 1001], 'no port is kept for it')
})

t.test('an address that one process could not give up is not the reason that is told', async t => {
  const limit = { code: 'EMFILE', message: 'no descriptor is left' }
  for (const poor of [0, 1]) {
    const { pool } = rig((name, _, index) => (name !== 'o' ? null : index === poor ? limit : error))
    await pool.apply(config)
    await t.rejects(pool.apply(other), limit)
  }
})

t.test('at the start an error, or a death, ends it', async t => {
  const failing = rig(() => error)
  await t.rejects(failing.pool.apply(config), error)
  failing.pool.close()
  t.ok(failing.workers.every(worker => worker.isKilled()))
  await failing.pool.idle()
  const dying = rig((_, __, index) => (index === 0 ? 'exit status 9' : null))
  await t.rejects(dying.pool.apply(config), /ended before it could serve: exit status 9/)
  t.same(dying.events, [])
})

t.test('a process that is lost is replaced, ever later', async t => {
  const { pool, workers, events, clock, names } = rig()
  await pool.apply(config)
  workers[0]?.say({ type: 'load', connections: 4 })
  t.equal(pool.processes(), 2)
  workers[0]?.die('SIGSEGV')
  t.equal(pool.processes(), 1)
  await turn()
  const lost = { type: 'process-lost', process: 100, reason: 'SIGSEGV', connections: 4 }
  t.match(events.at(-1), { ...lost, restartMs: 100 })
  t.match(await pool.count(), { connections: 3 })
  clock.advance(99)
  t.equal(workers.length, 2)
  clock.advance(1)
  await turn()
  t.match(events.at(-1), { type: 'process-started', process: 102 })
  t.equal(pool.processes(), 2)
  t.same(names(2), ['s'])
  workers[2]?.die()
  await turn()
  t.match(events.at(-1), { type: 'process-lost', process: 102, restartMs: 200 })
  await pool.apply(other)
  clock.advance(200)
  await turn()
  t.same(names(3), ['o'], 'it begins with what is in force by then')
})

t.test('one that cannot begin is lost again', async t => {
  const { pool, workers, events, clock } = rig((_, __, index) =>
    index === 2 ? error : index === 3 ? 'exit status 9' : null,
  )
  await pool.apply(config)
  workers[1]?.die()
  await turn()
  clock.advance(100)
  await turn()
  t.match(events.at(-1), { type: 'process-lost', process: 102, reason: 'taken', restartMs: 200 })
  clock.advance(200)
  await turn()
  t.match(events.at(-1), { type: 'process-lost', process: 103, reason: 'exit status 9' })
  clock.advance(400)
  await turn()
  t.match(events.at(-1), { type: 'process-started', process: 104 })
})

t.test('a configuration that nobody outlives is not in force', async t => {
  const { pool, workers, clock, names } = rig(name => (name === 'o' ? 'exit status 9' : null))
  await pool.apply(config)
  await t.rejects(pool.apply(other), /no process has lived to take it: exit status 9/)
  await turn()
  clock.advance(100)
  await turn()
  t.equal(workers.length, 4)
  t.same([names(2), names(3)], [['s'], ['s']])
})

t.test('the drain reaches all, and none is replaced any more', async t => {
  const { pool, workers, events, clock } = rig()
  await pool.apply(config)
  workers[0]?.die()
  await turn()
  const before = events.length
  await pool.stopAccepting()
  clock.advance(10_000)
  t.equal(workers.length, 2)
  t.equal(pool.connections(), 3)
  let isIdle = false
  const idle = pool.idle().then(() => (isIdle = true))
  await turn()
  t.notOk(isIdle)
  pool.endConnections()
  await idle
  pool.close()
  t.equal(events.length, before)
  t.equal(clock.pending(), 0)
})

t.test('addresses that are lost are logged once, and counted until they are open', async t => {
  let lost = 0
  const { pool, workers, events, clock } = rig(
    name => (name === 'o' ? error : null),
    () => lost,
  )
  await pool.apply(config)
  t.equal(pool.lost(), 0)
  lost = 1
  await t.rejects(pool.apply(other), error)
  t.equal(pool.lost(), 1)
  workers[0]?.die()
  await turn()
  clock.advance(100)
  await turn()
  t.match(
    workers[2]?.told[0],
    { type: 'apply', lenient: true },
    'they keep no new one from serving',
  )
  t.match(events.at(-1), { type: 'process-started' })
  lost = 0
  await pool.apply(config, { lenient: true })
  t.match(workers[1]?.told.at(-2), { type: 'apply', lenient: true })
  t.equal(pool.lost(), 0)
})

t.test('one that has not taken a configuration does not serve', async t => {
  let answer = (): void => {}
  const { pool, workers, clock } = rig((_, worker, index) => {
    if (index !== 2) return null
    const { say } = worker
    Object.assign(worker, { say: () => (answer = () => say({ type: 'prepared', error: null })) })
    queueMicrotask(() => Object.assign(worker, { say }))
    return null
  })
  await pool.apply(config)
  for (const worker of workers.slice(0, 2)) worker.die()
  await turn()
  t.equal(pool.processes(), 0)
  clock.advance(100)
  await turn()
  t.equal(workers.length, 4)
  t.equal(pool.processes(), 1, 'one has begun, and no more')
  answer()
  await turn()
  t.equal(pool.processes(), 2)
})

t.test('one that starts during a change waits for it', async t => {
  let answer = (): void => {}
  const { pool, workers, clock, names } = rig((name, worker, index) => {
    if (name === 'o' && index === 1) answer = () => worker.say({ type: 'prepared', error: null })
    return null
  })
  await pool.apply(config)
  const held = workers[1]
  const say = held?.say
  if (held) Object.assign(held, { say: () => {} })
  const changing = pool.apply(other)
  await turn()
  workers[0]?.die()
  await turn()
  clock.advance(100)
  await turn()
  t.equal(workers.length, 2, 'or it would begin with what is over')
  if (held && say) Object.assign(held, { say })
  answer()
  await changing
  await turn()
  t.same(names(2), ['o'])
})

t.test('a change waits for one that starts', async t => {
  let answer = (): void => {}
  const { pool, workers, clock, names } = rig((name, worker, index) => {
    if (index !== 2 || name !== 's') return null
    const { say } = worker
    Object.assign(worker, { say: () => (answer = () => say({ type: 'prepared', error: null })) })
    queueMicrotask(() => Object.assign(worker, { say }))
    return null
  })
  await pool.apply(config)
  workers[0]?.die()
  await turn()
  clock.advance(100)
  await turn()
  t.same(names(2), ['s'])
  const changing = pool.apply(other)
  await turn()
  t.same(names(1), ['s'], 'nobody is asked yet')
  answer()
  await changing
  t.same(
    [names(1), names(2)],
    [
      ['s', 'o'],
      ['s', 'o'],
    ],
  )
})

t.test('a terminal that closes as they start ends none for good', async t => {
  const { pool, workers } = rig((_, __, index) => (index < 2 ? 'SIGHUP' : null))
  await pool.apply(config)
  t.equal(workers.length, 4)
  t.match(await pool.count(), { connections: 6 })
  const hopeless = rig(() => 'SIGHUP')
  await t.rejects(hopeless.pool.apply(config), /ended before it could serve: SIGHUP/)
})
