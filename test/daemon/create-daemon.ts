import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import type { Test } from 'tap'
import t from 'tap'
import { createVerifyLogin } from '../../src/auth/create-verify-login.ts'
import { parseConfig } from '../../src/config/parse.ts'
import type { ListenAddress } from '../../src/core/listen-address.ts'
import type { Daemon } from '../../src/daemon/create-daemon.ts'
import { createDaemon } from '../../src/daemon/create-daemon.ts'
import type { ListenerEvent } from '../../src/listener/events.ts'
import { listen } from '../../src/net/listen.ts'
import { createNetwork } from '../../src/net/network.ts'
import { createRealClock } from '../../src/net/real-clock.ts'
import { createStreamJoin } from '../../src/pipe/create-stream-join.ts'

type Rig = {
  readonly daemon: Daemon
  readonly events: ListenerEvent[]
  /** The ports that were opened, by listener. */
  readonly ports: Map<string, number>
  /** How many verifiers were made. */
  readonly verifiers: () => number
  /** The port of a server that sends back what it gets. */
  readonly echoPort: number
}

const begin = async (t: Test): Promise<Rig> => {
  const echo = createServer({ allowHalfOpen: true }, socket => void socket.pipe(socket))
  await new Promise<void>(resolve => echo.listen(0, '127.0.0.1', resolve))
  t.teardown(() => echo.close())
  const clock = createRealClock()
  const events: ListenerEvent[] = []
  const ports = new Map<string, number>()
  let verifiers = 0
  const daemon = createDaemon({
    clock,
    network: createNetwork({ clock }),
    join: createStreamJoin({ clock }),
    emit: event => void events.push(event),
    createVerify: users => {
      verifiers++
      return createVerifyLogin(users)
    },
    openFiles: null,
    isLocalAddress: () => false,
    random: () => 0.5,
    listeners: {
      listen,
      onListening: ({ name }, address: ListenAddress) =>
        void (address.type === 'tcp' && ports.set(name, address.port)),
      onSkipped: () => t.fail('nothing is skipped here'),
    },
  })
  t.teardown(async () => {
    daemon.endConnections()
    await daemon.stopAccepting()
    await daemon.idle()
    daemon.close()
  })
  const echoPort = (echo.address() as AddressInfo).port
  return { daemon, events, ports, echoPort, verifiers: () => verifiers }
}

const talk = async (socket: Socket, words: string): Promise<string> => {
  socket.write(words)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  return answer.toString()
}

const forwardTo = (port: number, more = ''): string =>
  `{ listeners: [{ name: f, protocol: forward, listen: '127.0.0.1:0', target: 'localhost:${port}' }${more}] }`

void t.test('a configuration is applied: a connection walks from listener to log', async t => {
  const { daemon, events, ports, echoPort } = await begin(t)
  await daemon.apply(parseConfig(forwardTo(echoPort), 'test'))
  t.equal(daemon.limit(), 10_000)
  const socket = connect(ports.get('f') ?? 0, '127.0.0.1')
  t.equal(await talk(socket, 'hello'), 'hello')
  t.equal(daemon.connections(), 1)
  socket.end()
  await daemon.idle()
  t.match(events, [
    { type: 'accepted', listener: 'f' },
    { type: 'race', outcome: 'won' },
    { type: 'close', bytesUp: 5, bytesDown: 5, reason: 'eof' },
  ])
  t.equal(daemon.connections(), 0)
})

void t.test('a reload leaves established connections alone', async t => {
  const { daemon, ports, echoPort } = await begin(t)
  await daemon.apply(parseConfig(forwardTo(echoPort), 'test'))
  const socket = connect(ports.get('f') ?? 0, '127.0.0.1')
  t.equal(await talk(socket, 'one'), 'one')
  const more = ", { name: s, protocol: socks, listen: '127.0.0.1:0' }"
  await daemon.apply(parseConfig(forwardTo(echoPort, more), 'test'))
  t.equal(await talk(socket, 'two'), 'two')
  t.ok(ports.get('s'), 'the new listener is open')
  await daemon.stopAccepting()
  t.equal(await talk(socket, 'three'), 'three')
  socket.destroy()
})

void t.test('a configuration that cannot be applied changes nothing', async t => {
  const { daemon, ports, echoPort } = await begin(t)
  await daemon.apply(parseConfig(forwardTo(echoPort), 'test'))
  const taken = ports.get('f') ?? 0
  const text = `{ limits: { maxConnections: 5 }, listeners: [{ name: a, protocol: socks, listen: '127.0.0.1:${echoPort}' }] }`
  await t.rejects(daemon.apply(parseConfig(text, 'test')), { code: 'EADDRINUSE' })
  t.equal(daemon.limit(), 10_000)
  const socket = connect(taken, '127.0.0.1')
  t.equal(await talk(socket, 'still here'), 'still here')
  socket.destroy()
})

void t.test('its own listener is no target', async t => {
  const { daemon, events, ports } = await begin(t)
  await daemon.apply(
    parseConfig("{ listeners: [{ name: s, protocol: socks, listen: '127.0.0.1:0' }] }", 'test'),
  )
  const port = ports.get('s') ?? 0
  const socket = connect(port, '127.0.0.1')
  await talk(socket, '\x05\x01\x00')
  socket.write(Buffer.from([5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 255]))
  const [reply] = (await once(socket, 'data')) as [Buffer]
  t.equal(reply[1], 2)
  socket.destroy()
  await daemon.idle()
  t.match(events.at(-1), { type: 'rejected', reason: 'loop', reply: 2 })
})

void t.test('a verifier lives as long as its users do', async t => {
  const { daemon, verifiers } = await begin(t)
  const users = (password: string): string =>
    `{ listeners: [{ protocol: socks, listen: '127.0.0.1:0', auth: { users: { alice: ${password} } } }] }`
  await daemon.apply(parseConfig(users('one'), 'test'))
  await daemon.apply(parseConfig(users('one'), 'test'))
  t.equal(verifiers(), 1)
  await daemon.apply(parseConfig(users('two'), 'test'))
  t.equal(verifiers(), 2)
})

void t.test('a dialer that a reload replaced is closed by the end', async t => {
  const { daemon, echoPort } = await begin(t)
  await daemon.apply(parseConfig(forwardTo(echoPort), 'test'))
  const text = forwardTo(echoPort).replace(
    '{ listeners',
    '{ eyeballs: { firstAddressFamilyCount: 2 }, listeners',
  )
  await daemon.apply(parseConfig(text, 'test'))
  // What the teardown does not close would keep this test's process alive.
  t.equal(daemon.connections(), 0)
})
