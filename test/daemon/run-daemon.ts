import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { runDaemon } from '../../src/daemon/run-daemon.ts'
import type { DaemonSignal } from '../../src/daemon/signals.ts'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { createHandSignals } from '../fixtures/hand-signals.ts'

type LogLine = { readonly event: string; readonly [key: string]: unknown }

type Process = {
  readonly status: Promise<number>
  readonly signal: (signal: DaemonSignal) => void
  /** Waits until the log has a line of this event. */
  readonly logged: (event: string) => Promise<LogLine>
  readonly events: () => string[]
}

const run = (t: Test, text: string, ...early: readonly DaemonSignal[]): Process => {
  const path = join(t.testdir({}), 'log')
  const logFd = openSync(path, 'w')
  t.teardown(() => closeSync(logFd))
  const { signals, send } = createHandSignals()
  for (const signal of early) send(signal)
  const lines = (): LogLine[] =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as LogLine)
  const read = () => parseConfig(text, 'test')
  const io = { logFd, isTerminal: false, signals }
  const status = runDaemon({ load: read, reload: read }, io)
  return {
    status,
    signal: send,
    logged: async event => {
      for (;;) {
        const line = lines().find(each => each.event === event)
        if (line) return line
        await new Promise(resolve => setTimeout(resolve, 5))
      }
    },
    events: () => lines().map(({ event }) => event),
  }
}

const SOCKS = "listeners: [{ name: s, protocol: socks, listen: '127.0.0.1:0' }]"

void t.test('from the first line to the last', async t => {
  const daemon = run(t, `{ ${SOCKS} }`)
  const { listener, protocol, address, connections } = await daemon.logged('listening')
  t.match({ listener, protocol }, { listener: 's', protocol: 'socks' })
  t.match(address, /^127\.0\.0\.1:[1-9]\d*$/)
  t.ok(Number(connections) > 0 && Number(connections) <= 10_000, 'the limit in force')
  daemon.signal('SIGHUP')
  await daemon.logged('reload')
  daemon.signal('SIGTERM')
  t.equal(await daemon.status, 0)
  t.strictSame(daemon.events(), ['engine', 'limit', 'listening', 'reload', 'draining', 'stopped'])
})

for (const engine of ['stream', 'splice']) {
  const skip = engine === 'splice' && !loadLibc().ok && 'the C library cannot be had'
  void t.test(`it starts and ends with ${engine}`, { skip }, async t => {
    const daemon = run(t, `{ pipe: { engine: ${engine} }, ${SOCKS} }`)
    await daemon.logged('listening')
    t.match(await daemon.logged('engine'), { engine, workers: engine === 'stream' ? 0 : /[1-9]/ })
    daemon.signal('SIGTERM')
    t.equal(await daemon.status, 0)
  })
}

void t.test('a port in use makes the start fail', async t => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const daemon = run(t, `{ listeners: [{ protocol: socks, listen: '127.0.0.1:${port}' }] }`)
  t.equal(await daemon.status, 1)
  t.match(await daemon.logged('fatal'), { code: 'EADDRINUSE', level: 60 })
})

void t.test('signals before it serves take effect', async t => {
  const hungUp = run(t, `{ ${SOCKS} }`, 'SIGHUP', 'SIGHUP')
  await hungUp.logged('reload')
  hungUp.signal('SIGTERM')
  t.equal(await hungUp.status, 0)
  t.strictSame(hungUp.events(), ['engine', 'limit', 'listening', 'reload', 'draining', 'stopped'])
  const ended = run(t, `{ ${SOCKS} }`, 'SIGTERM')
  t.equal(await ended.status, 0)
  t.strictSame(ended.events(), ['stopped'], 'it does not start')
  const late = run(t, `{ ${SOCKS} }`)
  late.signal('SIGINT')
  t.equal(await late.status, 0)
  t.strictSame(late.events(), ['engine', 'limit', 'listening', 'draining', 'stopped'])
})

void t.test('a configuration that cannot be read is thrown, and nothing was started', async t => {
  await t.rejects(run(t, 'nonsense: true').status, { code: 'ERR_CONFIG' })
})
