import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import { runPrimary } from '../../../src/daemon/processes/run-primary.ts'
import { sumCounters } from '../../../src/daemon/processes/sum-counters.ts'
import type { ToWorker } from '../../../src/daemon/processes/types.ts'
import type { DaemonSignal } from '../../../src/daemon/signals.ts'
import { createFakeWorker } from '../../fixtures/fake-worker.ts'
import type { FakeWorker } from '../../fixtures/fake-worker.ts'
import { createHandSignals } from '../../fixtures/hand-signals.ts'

const TEXT =
  "{ listeners: [{ name: s, protocol: socks, listen: '127.0.0.1:0' }], processes: 3, pipe: { engine: ENGINE } }"

const rig = (
  t: Test,
  engine: string,
  onApply: (worker: FakeWorker) => void,
  ...early: readonly DaemonSignal[]
) => {
  const path = join(t.testdir({}), 'log')
  const logFd = openSync(path, 'w')
  t.teardown(() => closeSync(logFd))
  const { signals, send } = createHandSignals()
  for (const signal of early) send(signal)
  let started = 0
  const onTold = (message: ToWorker, worker: FakeWorker): void => {
    if (message.type === 'apply') onApply(worker)
    else if (message.type === 'decided') {
      worker.say({
        type: 'applied',
        error: null,
        notices: [{ type: 'dropped', lines: 1 }],
        lost: 0,
      })
    } else if (message.type === 'drain') worker.say({ type: 'draining' })
    else if (message.type === 'count') {
      worker.say({ type: 'counted', counters: { ...sumCounters([]), connections: 2 } })
      setTimeout(() => worker.die('exit status 0'), 10)
    }
  }
  const read = () => parseConfig(TEXT.replace('ENGINE', engine), 'test')
  const status = runPrimary(
    { load: read, reload: read },
    { logFd, isTerminal: false, signals },
    () => createFakeWorker(++started, onTold).process,
  )
  const lines = (): { event: string }[] =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as { event: string })
  return { status, lines, signal: send, started: () => started }
}

for (const engine of ['auto', 'stream']) {
  t.test(`from the first line to the last: ${engine}`, async t => {
    const umask = process.umask()
    const primary = rig(t, engine, worker => {
      worker.line('{"event":"race"}\n')
      worker.say({ type: 'prepared', error: null })
    })
    while (primary.lines().length < 4) await new Promise(resolve => setTimeout(resolve, 5))
    primary.signal('SIGHUP')
    primary.signal('SIGTERM')
    t.equal(await primary.status, 0)
    t.equal(primary.started(), 3)
    const events = primary.lines().map(({ event }) => event)
    t.equal(events.filter(event => event === 'race').length, 6)
    t.same(
      events.filter(event => event !== 'race'),
      ['dropped', 'dropped', 'reload', 'draining', 'stopped'],
    )
    t.match(primary.lines().at(-2), { connections: 6 })
    t.equal(process.umask(), umask)
  })
}

t.test('what cannot start is told once', async t => {
  const error = { code: 'EADDRINUSE', message: 'taken' }
  const primary = rig(t, 'auto', worker => worker.say({ type: 'prepared', error }))
  t.equal(await primary.status, 1)
  t.match(primary.lines(), [{ event: 'fatal', code: 'EADDRINUSE', msg: 'taken' }])
  t.equal(primary.lines().length, 1)
})

t.test('what ends it as it starts, and the others with it, is no failure', async t => {
  const primary = rig(t, 'auto', worker => {
    if (primary.started() === 3) primary.signal('SIGINT')
    worker.die('SIGINT')
  })
  t.equal(await primary.status, 0)
  t.match(primary.lines(), [{ event: 'stopped' }])
  t.equal(primary.lines().length, 1)
  const early = rig(t, 'auto', () => {}, 'SIGTERM')
  t.equal(await early.status, 0)
  t.equal(early.started(), 0)
  t.match(early.lines(), [{ event: 'stopped' }])
})
