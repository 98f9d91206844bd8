import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { parseConfig } from '../../../src/config/parse.ts'
import type { ToWorker } from '../../../src/daemon/processes/messages.ts'
import { runPrimary, runProcesses } from '../../../src/daemon/processes/run-processes.ts'
import type { DaemonSignal } from '../../../src/daemon/signals.ts'
import type { FakeWorker } from '../../fixtures/fake-worker.ts'
import { createFakeWorker } from '../../fixtures/fake-worker.ts'
import { createHandSignals } from '../../fixtures/hand-signals.ts'

t.test('with one process, this process serves, and reads its configuration once', async t => {
  const path = join(t.testdir({}), 'log')
  const logFd = openSync(path, 'w')
  t.teardown(() => closeSync(logFd))
  let reads = 0
  const text = "{ listeners: [{ protocol: socks, listen: '127.0.0.1:0' }] }"
  const load = () => {
    reads++
    return parseConfig(text, 'test')
  }
  const { signals, send } = createHandSignals()
  const status = runProcesses({ load, reload: load }, { logFd, isTerminal: false, signals })
  const log = (): string => readFileSync(path, 'utf8')
  while (!log().includes('"listening"')) await new Promise(resolve => setTimeout(resolve, 5))
  t.equal(reads, 1)
  send('SIGHUP')
  while (!log().includes('"reload"')) await new Promise(resolve => setTimeout(resolve, 5))
  t.equal(reads, 2)
  send('SIGTERM')
  t.equal(await status, 0)
  t.match(log(), '"stopped"')
})

t.test('a configuration that cannot be read is thrown, and nothing was started', async t => {
  const load = () => parseConfig('nonsense: true', 'test')
  const io = { logFd: 1, isTerminal: false, signals: createHandSignals().signals }
  await t.rejects(runProcesses({ load, reload: load }, io), { code: 'ERR_CONFIG' })
})

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
  const onReceived = (message: ToWorker, worker: FakeWorker): void => {
    if (message.type === 'apply') onApply(worker)
    else if (message.type === 'decided') {
      worker.reply({
        type: 'applied',
        error: null,
        events: [{ type: 'dropped', lines: 1 }],
        lost: 0,
      })
    } else if (message.type === 'drain') {
      const metrics = { eyeballd_connections_active: new Map([['s', 2]]) }
      worker.reply({ type: 'metrics', metrics })
      worker.reply({ type: 'draining' })
      setTimeout(() => worker.die('exit status 0'), 10)
    }
  }
  const read = () => parseConfig(TEXT.replace('ENGINE', engine), 'test')
  const status = runPrimary(
    { load: read, reload: read },
    { logFd, isTerminal: false, signals },
    () => createFakeWorker(++started, onReceived).process,
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
      worker.reply({ type: 'prepared', error: null })
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

t.test('a failed start is logged once', async t => {
  const error = { code: 'EADDRINUSE', message: 'taken' }
  const primary = rig(t, 'auto', worker => worker.reply({ type: 'prepared', error }))
  t.equal(await primary.status, 1)
  t.match(primary.lines(), [{ event: 'fatal', code: 'EADDRINUSE', msg: 'taken' }])
  t.equal(primary.lines().length, 1)
})

t.test('a signal that ends it and its workers during the start is no failure', async t => {
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
