import t from 'tap'
import type { ViewedDaemon } from '../../../src/daemon/types.ts'
import type { Snapshot } from '../../../src/metrics/snapshot.ts'
import { totalOf } from '../../../src/metrics/snapshot.ts'
import { NO_REPORT } from '../../fixtures/daemon-view.ts'
import { parseConfig } from '../../../src/config/parse.ts'
import {
  ASK_INTERVAL_MS,
  createWorkerProcesses,
} from '../../../src/daemon/processes/create-worker-processes.ts'
import type { SerializedError, ToWorker } from '../../../src/daemon/processes/messages.ts'
import { createReservations } from '../../../src/daemon/processes/reservations.ts'
import { ANSWER_TIMEOUT_MS } from '../../../src/daemon/processes/worker-control.ts'
import type { DaemonEvent } from '../../../src/log/types.ts'
import type { FakeWorker } from '../../fixtures/fake-worker.ts'
import { createFakeWorker } from '../../fixtures/fake-worker.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'

const TEXT = "{ listeners: [{ name: s, protocol: socks, listen: '127.0.0.1:0' }] }"
const config = parseConfig(TEXT, 'test')
const other = parseConfig(TEXT.replace('name: s', 'name: o'), 'test')
const error: SerializedError = { code: 'EADDRINUSE', message: 'taken' }

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/**
 * The answer of a worker to a configuration: null if it can apply it, its error, or the signal or exit status
 * with which it ends.
 */
type Answer = (name: string, worker: FakeWorker, index: number) => SerializedError | string | null

/** The metrics of a worker with open connections. */
const active = (connections: number): Snapshot => ({
  eyeballd_connections_active: new Map([['s', connections]]),
})

/** Open connections of all workers. */
const open = async ({ view }: ViewedDaemon): Promise<number> =>
  totalOf((await view.report()).metrics, 'eyeballd_connections_active')

/** @param lost how many lost addresses each worker reports */
const rig = (answer: Answer = () => null, lost: () => number = () => 0) => {
  const clock = createHandClock()
  const workers: FakeWorker[] = []
  const events: DaemonEvent[] = []
  const freed: number[] = []
  const hung = new Set<FakeWorker>()
  const prepared = new Map<FakeWorker, { error: SerializedError | null; events: DaemonEvent[] }>()
  let port = 1000
  const onReceived = (message: ToWorker, worker: FakeWorker): void => {
    if (message.type === 'apply') {
      const [listener] = message.config.listeners
      const outcome = answer(listener?.name ?? '', worker, workers.indexOf(worker))
      const address = String(listener?.listen[0]?.type === 'tcp' && listener.listen[0].port)
      const event = { type: 'listening', listener: 's', protocol: 'socks', address } as const
      if (typeof outcome === 'string') worker.die(outcome)
      else {
        prepared.set(worker, { error: outcome, events: [{ ...event, connections: 5 }] })
        worker.reply({ type: 'prepared', error: outcome })
      }
    } else if (message.type === 'decided') {
      const { error: why = null, events: made = [] } = prepared.get(worker) ?? {}
      const refused = message.commit ? null : (why ?? { code: 'ERR_BUG', message: 'not all can' })
      const applied = { error: refused, events: refused ? [] : made, lost: lost() }
      worker.reply({ type: 'applied', ...applied })
    } else if (message.type === 'ask') {
      const report = { ...NO_REPORT, metrics: active(3) }
      worker.reply({ type: 'answer', id: message.id, answer: report })
    } else if (message.type === 'count') {
      if (hung.has(worker)) return
      worker.reply({ type: 'counted', metrics: active(3) })
    } else if (message.type === 'drain') {
      worker.reply({ type: 'metrics', metrics: active(3) })
      worker.reply({ type: 'draining' })
    } else if (message.type === 'end') worker.die('exit status 0')
  }
  const daemon = createWorkerProcesses({
    processes: 2,
    reusePort: true,
    clock,
    start: () => {
      const worker = createFakeWorker(100 + workers.length, onReceived)
      workers.push(worker)
      return worker.process
    },
    reservations: createReservations({
      reservePort: () => {
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
    (workers[worker]?.received ?? []).flatMap(message =>
      message.type === 'apply' ? (message.config.listeners[0]?.name ?? '') : [],
    )
  const decisions = (worker: number): boolean[] =>
    (workers[worker]?.received ?? []).flatMap(message =>
      message.type === 'decided' ? message.commit : [],
    )
  return { clock, workers, events, daemon, names, decisions, freed, hung }
}

t.test('all workers get each configuration, and their events are logged once', async t => {
  const { daemon, workers, events, names } = rig()
  await daemon.apply(config)
  t.equal(workers.length, 2)
  t.match(events, [{ type: 'listening', address: '1000', connections: 10 }])
  t.equal(events.length, 1)
  await daemon.apply(other)
  t.same(
    [names(0), names(1)],
    [
      ['s', 'o'],
      ['s', 'o'],
    ],
  )
  t.match(events.at(-1), { address: '1001' }, 'another listener has another port')
  t.equal(await open(daemon), 6)
})

t.test('if one worker cannot apply a configuration, none does', async t => {
  const { daemon, events, names, decisions, freed } = rig((name, _, index) =>
    name === 'o' && index === 1 ? error : null,
  )
  await daemon.apply(config)
  await t.rejects(daemon.apply(other), error)
  for (const worker of [0, 1]) {
    t.same(names(worker), ['s', 'o'], 'the previous configuration stays in force')
    t.same(decisions(worker), [true, false])
  }
  t.equal(events.length, 1, 'it logs nothing')
  t.same(freed, [1000, 1001], 'its ports are released')
})

t.test('an error other than EADDRINUSE is reported first', async t => {
  const limit = { code: 'EMFILE', message: 'no descriptor is left' }
  for (const poor of [0, 1]) {
    const { daemon } = rig((name, _, index) =>
      name !== 'o' ? null : index === poor ? limit : error,
    )
    await daemon.apply(config)
    await t.rejects(daemon.apply(other), limit)
  }
})

t.test('an error or a worker that ends makes the start fail', async t => {
  const failing = rig(() => error)
  await t.rejects(failing.daemon.apply(config), error)
  failing.daemon.close()
  t.ok(failing.workers.every(worker => worker.isKilled()))
  await failing.daemon.idle()
  const dying = rig((_, __, index) => (index === 0 ? 'exit status 9' : null))
  await t.rejects(dying.daemon.apply(config), /ended before it could serve \(exit status 9\)/)
  t.same(dying.events, [])
})

t.test('a lost process is replaced, with backoff', async t => {
  const { daemon, workers, events, clock, names } = rig()
  await daemon.apply(config)
  workers[0]?.reply({ type: 'metrics', metrics: active(4) })
  t.equal(daemon.processes(), 2)
  workers[0]?.die('SIGSEGV')
  t.equal(daemon.processes(), 1)
  await turn()
  const lost = { type: 'process-lost', process: 100, reason: 'SIGSEGV', connections: 4 }
  t.match(events.at(-1), { ...lost, restartMs: 100 })
  t.equal(await open(daemon), 3)
  clock.advance(99)
  t.equal(workers.length, 2)
  clock.advance(1)
  await turn()
  t.match(events.at(-1), { type: 'process-started', process: 102 })
  t.equal(daemon.processes(), 2)
  t.same(names(2), ['s'])
  workers[2]?.die()
  await turn()
  t.match(events.at(-1), { type: 'process-lost', process: 102, restartMs: 200 })
  await daemon.apply(other)
  clock.advance(200)
  await turn()
  t.same(names(3), ['o'], 'the replacement gets the configuration in force by then')
})

t.test('a replacement that cannot start is lost, and replaced', async t => {
  const { daemon, workers, events, clock } = rig((_, __, index) =>
    index === 2 ? error : index === 3 ? 'exit status 9' : null,
  )
  await daemon.apply(config)
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

t.test('a configuration at which all workers end is not in force', async t => {
  const { daemon, workers, clock, names } = rig(name => (name === 'o' ? 'exit status 9' : null))
  await daemon.apply(config)
  await t.rejects(
    daemon.apply(other),
    /every worker process ended while it prepared the configuration \(exit status 9\)/,
  )
  await turn()
  clock.advance(100)
  await turn()
  t.equal(workers.length, 4)
  t.same([names(2), names(3)], [['s'], ['s']])
})

t.test('the drain reaches all workers, and stops replacements', async t => {
  const { daemon, workers, events, clock } = rig()
  await daemon.apply(config)
  workers[0]?.die()
  await turn()
  const before = events.length
  await daemon.stopAccepting()
  clock.advance(10_000)
  t.equal(workers.length, 2)
  t.equal(daemon.connections(), 3)
  let isIdle = false
  const idle = daemon.idle().then(() => (isIdle = true))
  await turn()
  t.notOk(isIdle)
  daemon.endConnections()
  await idle
  daemon.close()
  t.equal(events.length, before)
  t.equal(clock.pending(), 0)
})

t.test('lost addresses are logged once, and counted until they are open', async t => {
  let lost = 0
  const { daemon, workers, events, clock } = rig(
    name => (name === 'o' ? error : null),
    () => lost,
  )
  await daemon.apply(config)
  t.equal(daemon.lost(), 0)
  lost = 1
  await t.rejects(daemon.apply(other), error)
  t.equal(daemon.lost(), 1)
  workers[0]?.die()
  await turn()
  clock.advance(100)
  await turn()
  t.match(
    workers[2]?.received[0],
    { type: 'apply', lenient: true },
    'lost addresses do not keep a replacement from serving',
  )
  t.match(events.at(-1), { type: 'process-started' })
  lost = 0
  await daemon.apply(config, { lenient: true })
  t.match(workers[1]?.received.at(-2), { type: 'apply', lenient: true })
  t.equal(daemon.lost(), 0)
})

t.test('a worker that has not applied a configuration does not count as serving', async t => {
  let answer = (): void => {}
  const { daemon, workers, clock } = rig((_, worker, index) => {
    if (index !== 2) return null
    const { reply } = worker
    Object.assign(worker, {
      reply: () => (answer = () => reply({ type: 'prepared', error: null })),
    })
    queueMicrotask(() => Object.assign(worker, { reply }))
    return null
  })
  await daemon.apply(config)
  for (const worker of workers.slice(0, 2)) worker.die()
  await turn()
  t.equal(daemon.processes(), 0)
  clock.advance(100)
  await turn()
  t.equal(workers.length, 4)
  t.equal(daemon.processes(), 1, 'only one replacement serves')
  t.equal(await open(daemon), 3, 'and no other is asked: it would not answer')
  t.notOk(workers[2]?.received.some(({ type }) => type === 'ask'))
  answer()
  await turn()
  t.equal(daemon.processes(), 2)
})

t.test('a replacement waits for a pending configuration change', async t => {
  let answer = (): void => {}
  const { daemon, workers, clock, names } = rig((name, worker, index) => {
    if (name === 'o' && index === 1) answer = () => worker.reply({ type: 'prepared', error: null })
    return null
  })
  await daemon.apply(config)
  const stalled = workers[1]
  const reply = stalled?.reply
  if (stalled) Object.assign(stalled, { reply: () => {} })
  const changing = daemon.apply(other)
  await turn()
  workers[0]?.die()
  await turn()
  clock.advance(100)
  await turn()
  t.equal(workers.length, 2, 'the replacement would get the old configuration')
  if (stalled && reply) Object.assign(stalled, { reply })
  answer()
  await changing
  await turn()
  t.same(names(2), ['o'])
})

t.test('a configuration change waits for a running replacement', async t => {
  let answer = (): void => {}
  const { daemon, workers, clock, names } = rig((name, worker, index) => {
    if (index !== 2 || name !== 's') return null
    const { reply } = worker
    Object.assign(worker, {
      reply: () => (answer = () => reply({ type: 'prepared', error: null })),
    })
    queueMicrotask(() => Object.assign(worker, { reply }))
    return null
  })
  await daemon.apply(config)
  workers[0]?.die()
  await turn()
  clock.advance(100)
  await turn()
  t.same(names(2), ['s'])
  const changing = daemon.apply(other)
  await turn()
  t.same(names(1), ['s'], 'no worker gets the new configuration yet')
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

t.test('workers that SIGHUP ends at the start are started again', async t => {
  const { daemon, workers } = rig((_, __, index) => (index < 2 ? 'SIGHUP' : null))
  await daemon.apply(config)
  t.equal(workers.length, 4)
  t.equal(await open(daemon), 6)
  const hopeless = rig(() => 'SIGHUP')
  await t.rejects(hopeless.daemon.apply(config), /ended before it could serve \(SIGHUP\)/)
})

t.test('a worker that hangs is found and replaced', async t => {
  const { daemon, workers, events, clock, hung } = rig()
  await daemon.apply(config)
  t.equal(daemon.connections(), 0)
  clock.advance(ASK_INTERVAL_MS)
  await turn()
  t.equal(daemon.connections(), 6, 'what they answer is what is open')
  const [first, second] = workers
  if (!first || !second) throw new Error('no workers')
  hung.add(second)
  clock.advance(ASK_INTERVAL_MS)
  await turn()
  clock.advance(ANSWER_TIMEOUT_MS)
  await turn()
  t.same([first.isKilled(), second.isKilled()], [false, true])
  t.match(events.at(-1), {
    type: 'process-lost',
    process: 101,
    reason: 'it did not answer for 30 s',
    connections: 3,
  })
  clock.advance(1000)
  await turn()
  t.equal(workers.length, 3)
  daemon.close()
  await daemon.idle()
  t.equal(clock.pending(), 0)
})
