import t from 'tap'
import { NO_REPORT } from '../../fixtures/daemon-view.ts'
import { parseConfig } from '../../../src/config/parse.ts'
import type { Reservations } from '../../../src/daemon/processes/reservations.ts'
import {
  ANSWER_TIMEOUT_MS,
  END_TIMEOUT_MS,
  createWorkerControl,
} from '../../../src/daemon/processes/worker-control.ts'
import { createFakeWorker } from '../../fixtures/fake-worker.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'

const config = parseConfig('', 'test')
const address = { type: 'tcp', host: '127.0.0.1', port: 5 } as const
const taken = { type: 'applied', error: null, events: [], lost: 0 } as const
const prepared = { type: 'prepared', error: null } as const
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const rig = () => {
  const seen: unknown[] = []
  const reservations: Reservations = {
    resolve: async asked => asked,
    begin: worker => void seen.push(['begin', worker]),
    finish: worker => void seen.push(['finish', worker]),
    request: (worker, request, answer) => {
      seen.push(['ask', worker, request.address])
      answer({ address, boundAs: null })
    },
    place: async () => null,
    release: (worker, released) => void seen.push(['release', worker, released]),
    forget: worker => void seen.push(['forget', worker]),
    prune: () => {},
    leave: () => {},
    close: () => {},
  }
  const worker = createFakeWorker(77)
  const clock = createHandClock()
  const lines: string[] = []
  const parts = { number: 40, process: worker.process, reservations, clock }
  const control = createWorkerControl({ ...parts, onLine: line => lines.push(line) })
  return { seen, worker, clock, lines, control }
}

t.test('the worker gets one configuration after the other', async t => {
  const { control, worker, clock, seen } = rig()
  t.equal(control.pid, 77)
  const [first, second] = [control.prepare(config, false), control.prepare(config, true)]
  await turn()
  t.match(worker.received, [{ type: 'apply', idSuffix: '-14', lenient: false }])
  t.equal(worker.received.length, 1)
  worker.reply({ type: 'ready' })
  worker.reply(prepared)
  t.match(await first, { error: null })
  await turn()
  t.match(worker.received.at(-1), { type: 'apply', lenient: true })
  worker.reply(prepared)
  await second
  worker.reply(prepared)
  t.equal(clock.pending(), 0)
  t.same(seen, [
    ['begin', 40],
    ['finish', 40],
    ['begin', 40],
    ['finish', 40],
    ['finish', 40],
  ])
})

t.test(
  'the worker applies what it prepared, or reverts, for which it may send listen requests',
  async t => {
    const { control, worker, seen } = rig()
    const committed = control.decide(true)
    await turn()
    t.same(worker.received, [{ type: 'decided', commit: true }])
    t.same(seen, [], 'a commit needs no listen request')
    worker.reply(taken)
    t.match(await committed, { error: null, lost: 0 })
    const undone = control.decide(false)
    await turn()
    t.same(worker.received.at(-1), { type: 'decided', commit: false })
    t.same(seen.at(-1), ['begin', 40])
    worker.reply({ ...taken, error: { code: 'EADDRINUSE', message: 'taken' }, lost: 1 })
    t.match(await undone, { error: { code: 'EADDRINUSE' }, lost: 1 })
    t.same(seen.at(-1), ['finish', 40])
  },
)

t.test('a worker that cannot start reports its error', async t => {
  const { control, worker } = rig()
  const asked = control.prepare(config, false)
  await turn()
  worker.reply({ ...taken, error: { code: 'ERR_ENGINE', message: 'none' } })
  t.match(await asked, { error: { code: 'ERR_ENGINE' } })
})

t.test('requests for addresses carry the number of the worker', async t => {
  const { worker, seen } = rig()
  worker.reply({
    type: 'reserve',
    id: 3,
    request: { address, reusePort: true, mode: 0, group: null },
  })
  worker.reply({ type: 'place', id: 4, address })
  worker.reply({ type: 'release', address })
  await turn()
  t.same(worker.received, [
    { type: 'reserved', id: 3, answer: { address, boundAs: null } },
    { type: 'placed', id: 4, error: null },
  ])
  t.same(seen, [
    ['ask', 40, address],
    ['release', 40, address],
  ])
})

t.test('the worker reports metrics, log lines and the drain', async t => {
  const { control, worker, lines } = rig()
  const [cpu, active] = [new Map([['', 2]]), new Map([['s', 9]])]
  t.same(control.metrics(), {})
  const asked = control.ask({ type: 'report' })
  const metrics = { process_cpu_seconds_total: cpu, eyeballd_connections_active: new Map() }
  worker.reply({ type: 'answer', id: 1, answer: { ...NO_REPORT, metrics } })
  t.match(await asked, { metrics })
  worker.reply({ type: 'metrics', metrics: { eyeballd_connections_active: active } })
  t.same(control.metrics(), {
    process_cpu_seconds_total: cpu,
    eyeballd_connections_active: active,
  })
  worker.line('a\n')
  t.same(lines, ['a\n'])
  const drained = control.drain()
  await turn()
  t.match(worker.received.at(-1), { type: 'drain' })
  worker.reply({ type: 'draining' })
  await drained
})

t.test('requests to a worker that has ended resolve to null', async t => {
  const { control, worker, clock, seen } = rig()
  const [asked, drained] = [control.prepare(config, false), control.drain()]
  const report = control.ask({ type: 'report' })
  const decided = control.decide(true)
  t.equal(control.ended(), null)
  await turn()
  worker.die('exit status 3')
  t.equal(control.ended(), 'exit status 3')
  t.equal(await asked, null)
  t.equal(await decided, null)
  t.equal(await report, null)
  await drained
  t.equal(await control.gone, 'exit status 3')
  t.equal(await control.ask({ type: 'report' }), null, 'also later')
  t.same(seen.at(-1), ['forget', 40])
  t.equal(clock.pending(), 0)
})

t.test('a worker that hangs is killed', async t => {
  const { control, worker, clock } = rig()
  const applied = control.prepare(config, false)
  await turn()
  clock.advance(ANSWER_TIMEOUT_MS - 1)
  t.notOk(worker.isKilled())
  clock.advance(1)
  t.ok(worker.isKilled())
  t.equal(await applied, null)
})

t.test('a worker gets some time to end before it is killed', async t => {
  const { control, worker, clock } = rig()
  control.end()
  t.same(worker.received, [{ type: 'end' }])
  clock.advance(END_TIMEOUT_MS)
  t.ok(worker.isKilled())
  const other = rig()
  other.control.end()
  other.worker.die('exit status 0')
  await turn()
  t.equal(other.clock.pending(), 0)
  other.control.kill()
  t.ok(other.worker.isKilled())
})
