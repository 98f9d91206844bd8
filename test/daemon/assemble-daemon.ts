import { once } from 'node:events'
import { connect } from 'node:net'
import type { Test } from 'tap'
import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { assembleDaemon, createExhaustionReport } from '../../src/daemon/assemble-daemon.ts'
import type { ViewedDaemon } from '../../src/daemon/types.ts'
import { loadLibc } from '../../src/libc/load-libc.ts'
import type { ListenerEvent } from '../../src/listener/events.ts'
import type { DaemonEvent } from '../../src/log/types.ts'
import { createRealClock } from '../../src/net/host/real-clock.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

type Assembled = {
  readonly daemon: ViewedDaemon
  readonly reported: DaemonEvent[]
  readonly emitted: ListenerEvent[]
  /** Calls of the memory release, in order. */
  readonly released: string[]
  readonly close: () => Promise<void>
}

const assemble = async (t: Test, text: string): Promise<Assembled> => {
  const reported: DaemonEvent[] = []
  const emitted: ListenerEvent[] = []
  const config = parseConfig(text, 'test')
  const log = {
    emit: (event: ListenerEvent) => void emitted.push(event),
    event: (event: DaemonEvent) => void reported.push(event),
  }
  const released: string[] = []
  const daemon = await assembleDaemon(config, {
    log,
    clock: createRealClock(),
    createRelease: ({ connections, idle }) => {
      t.equal(connections(), 0)
      t.type(idle, 'function')
      return { used: () => released.push('used'), stop: () => released.push('stop') }
    },
  })
  let isClosed = false
  const close = async (): Promise<void> => {
    if (isClosed) return
    isClosed = true
    await daemon.stopAccepting()
    daemon.endConnections()
    await daemon.idle()
    daemon.close()
  }
  t.teardown(close)
  t.match(reported, [{ type: 'engine' }], 'nothing is open yet')
  await daemon.apply(config)
  return { daemon, reported, emitted, released, close }
}

for (const engine of ['stream', 'splice'] as const) {
  const skip = engine === 'splice' && !loadLibc().ok && 'the C library cannot be had'
  void t.test(`a daemon of this host's parts serves by ${engine}`, { skip }, async t => {
    const target = await tcpTarget(t, echo)
    const { daemon, reported, emitted, released, close } = await assemble(
      t,
      `{ pipe: { engine: ${engine} }, listeners: [{ name: f, protocol: forward, listen: '127.0.0.1:0', target: '127.0.0.1:${target.port}' }] }`,
    )
    const listening = reported.find(event => event.type === 'listening')
    t.match(listening, { listener: 'f', protocol: 'forward', address: /^127\.0\.0\.1:[1-9]\d*$/ })
    t.match(reported[0], { type: 'engine', engine })
    const port = Number(listening?.address.split(':')[1])
    const client = connect(port, '127.0.0.1')
    client.write('hello')
    await once(client, 'data')
    t.equal(daemon.connections(), 1)
    t.same(released, ['used'])
    t.match(await daemon.view.report(), { engine, listeners: [{ name: 'f' }] })
    const shown = await daemon.view.connections(10)
    t.match(shown, { total: 1, connections: [{ listener: 'f', bytesUp: 5, bytesDown: 5 }] })
    client.end()
    await daemon.idle()
    t.match(emitted.at(-1), { type: 'close', engine, bytesUp: 5, bytesDown: 5 })
    await close()
    t.same(released, ['used', 'stop'])
  })
}

void t.test('an address that this host does not have is reported as skipped', async t => {
  const { reported } = await assemble(
    t,
    '{ pipe: { engine: stream }, listeners: [{ protocol: socks, listen: "localhost:0" }] }',
  )
  const types = new Set(reported.map(({ type }) => type))
  // Without IPv6, [::1] is skipped.
  t.ok(types.has('listening'))
  t.ok(reported.filter(({ type }) => type === 'listening' || type === 'skipped').length >= 2)
})

t.test('the first failure is logged at once, and later ones are counted', async t => {
  const clock = createHandClock()
  const events: DaemonEvent[] = []
  const report = createExhaustionReport(clock, { event: event => void events.push(event) })
  report('accept a connection', 'ECONNABORTED')
  t.same(events, [], 'other codes are ignored')
  report('accept a connection', 'EMFILE')
  const first = { type: 'exhausted', what: 'accept a connection', code: 'EMFILE', failures: 1 }
  t.same(events, [first])
  for (let i = 0; i < 1000; i++) report('connect', 'EMFILE')
  clock.advance(59_999)
  report('connect', 'EMFILE')
  t.equal(events.length, 1)
  clock.advance(1)
  report('make a pipe', 'ENFILE')
  t.same(events[1], { type: 'exhausted', what: 'make a pipe', code: 'ENFILE', failures: 1002 })
  t.equal(clock.pending(), 0, 'it starts no timer')
})
