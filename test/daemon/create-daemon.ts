import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import t from 'tap'
import { createVerifyLogin } from '../../src/auth/create-verify-login.ts'
import { parseConfig } from '../../src/config/parse.ts'
import type { Config } from '../../src/config/types.ts'
import { fail } from '../../src/core/fail.ts'
import type { ListenAddress } from '../../src/core/listen-address.ts'
import type { DaemonParts } from '../../src/daemon/create-daemon.ts'
import type { ProcessDaemon } from '../../src/daemon/types.ts'
import { createDaemon } from '../../src/daemon/create-daemon.ts'
import type { Agree } from '../../src/daemon/types.ts'
import type { ListenerEvent } from '../../src/listener/events.ts'
import { createRealClock } from '../../src/net/host/real-clock.ts'
import { createNodeListen } from '../../src/net/node/node-listen.ts'
import { createNodeNetwork } from '../../src/net/node/node-network.ts'
import { createKeptTargets } from '../../src/pipe/kept-targets.ts'
import { createStreamJoin } from '../../src/pipe/stream/create-stream-join.ts'
import { testEgress } from '../fixtures/test-egress.ts'
import { testLookups } from '../fixtures/host-lookups.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { promptSystem } from '../fixtures/socket-systems.ts'

type Rig = {
  readonly daemon: ProcessDaemon
  readonly events: ListenerEvent[]
  /** The ports that were opened, by listener. */
  readonly ports: Map<string, number>
  /** The connection limit in force when each of them was logged. */
  readonly limits: number[]
  /** The arguments of each call of `onLimit`. */
  readonly limitCalls: (readonly [number, number])[]
  /** Number of verifiers that were created. */
  readonly verifiers: () => number
  /** The port of an echo server. */
  readonly echoPort: number
}

const begin = async (
  t: Test,
  agree?: Agree,
  filesFor: DaemonParts['filesFor'] = () => Infinity,
  lookups = testLookups(),
): Promise<Rig> => {
  const echo = createServer({ allowHalfOpen: true }, socket => void socket.pipe(socket))
  await new Promise<void>(resolve => echo.listen(0, '127.0.0.1', resolve))
  t.teardown(() => echo.close())
  const clock = createRealClock()
  const events: ListenerEvent[] = []
  const ports = new Map<string, number>()
  const limits: number[] = []
  const limitCalls: (readonly [number, number])[] = []
  let verifiers = 0
  const daemon = createDaemon({
    clock,
    network: createNodeNetwork({ clock }),
    egress: testEgress(clock),
    lookups,
    join: createStreamJoin({ clock, system: promptSystem }),
    keptTargets: createKeptTargets(clock, () => {}),
    setKeepAlive: () => {},
    emit: event => void events.push(event),
    createVerify: users => {
      verifiers++
      return createVerifyLogin(users)
    },
    filesFor,
    onLimit: (...both) => void limitCalls.push(both),
    isLocalAddress: () => false,
    random: () => 0.5,
    ...(agree && { agree }),
    listeners: {
      listen: createNodeListen(),
      onListening: ({ name }, address: ListenAddress) => {
        limits.push(daemon.limit())
        if (address.type === 'tcp') ports.set(name, address.port)
      },
      onSkipped: () => t.fail('nothing is skipped here'),
      onLost: () => t.fail('nothing is lost here'),
    },
  })
  t.teardown(async () => {
    daemon.endConnections()
    await daemon.stopAccepting()
    await daemon.idle()
    daemon.close()
  })
  const echoPort = (echo.address() as AddressInfo).port
  return { daemon, events, ports, limits, limitCalls, echoPort, verifiers: () => verifiers }
}

const talk = async (socket: Socket, words: string): Promise<string> => {
  socket.write(words)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  return answer.toString()
}

const forwardTo = (port: number, more = ''): string =>
  `{ listeners: [{ name: f, protocol: forward, listen: '127.0.0.1:0', target: 'localhost:${port}' }${more}] }`

void t.test('a configuration is applied, and a connection is relayed and logged', async t => {
  const { daemon, events, ports, echoPort } = await begin(t)
  await daemon.apply(parseConfig(forwardTo(echoPort), 'test'))
  t.equal(daemon.limit(), 10_000)
  const socket = connect(ports.get('f') ?? 0, '127.0.0.1')
  t.equal(await talk(socket, 'hello'), 'hello')
  t.equal(daemon.connections(), 1)
  t.equal(daemon.processes(), 1)
  socket.end()
  await daemon.idle()
  t.match(events, [
    { type: 'accepted', listener: 'f' },
    { type: 'race', outcome: 'won' },
    { type: 'close', bytesUp: 5, bytesDown: 5, reason: 'eof' },
  ])
  t.equal(daemon.connections(), 0)
})

void t.test('a race of its own, for which nobody has connected', async t => {
  const { daemon, events, echoPort } = await begin(t)
  const { signal } = new AbortController()
  const race = () =>
    daemon.race({ target: { host: '127.0.0.1', port: echoPort }, client: 'unix' }, signal)
  t.equal(daemon.dialers().size, 0)
  t.match(await race(), { ok: false }, 'without a configuration there is none')
  await daemon.apply(parseConfig(forwardTo(echoPort), 'test'))
  t.equal(daemon.dialers().size, 1)
  t.match(await race(), { ok: true })
  t.match(events, [{ type: 'race', listener: 'admin', client: 'unix', outcome: 'won' }])
  t.same([...daemon.sessions()], [])
})

void t.test('a reload does not affect established connections', async t => {
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

void t.test('the descriptors that a configuration leaves limit its connections', async t => {
  let files = 47
  const filesFor = () => {
    if (files < 4) throw fail('ERR_OPEN_FILES', 'too few')
    return files
  }
  const { daemon, ports, limitCalls, echoPort } = await begin(t, undefined, filesFor)
  const config = parseConfig(forwardTo(echoPort), 'test')
  await daemon.apply(config)
  t.equal(daemon.limit(), 11)
  await daemon.apply(config)
  t.strictSame(limitCalls, [[11, 10_000]], 'a changed limit is reported')
  files = 3
  await t.rejects(daemon.apply(config), { code: 'ERR_OPEN_FILES' })
  t.equal(daemon.limit(), 11, 'the previous limit stays')
  const socket = connect(ports.get('f') ?? 0, '127.0.0.1')
  t.equal(await talk(socket, 'still here'), 'still here')
  socket.destroy()
  files = 8
  await daemon.apply(config)
  t.strictSame(limitCalls[1], [2, 10_000])
})

void t.test('a listener that opens is logged with the new limit', async t => {
  const { daemon, limits, echoPort } = await begin(t)
  const limited = (count: number, more = ''): string =>
    forwardTo(echoPort, more).replace(
      '{ listeners',
      `{ limits: { maxConnections: ${count} }, listeners`,
    )
  await daemon.apply(parseConfig(limited(7), 'test'))
  const more = ", { name: s, protocol: socks, listen: '127.0.0.1:0' }"
  await daemon.apply(parseConfig(limited(9, more), 'test'))
  t.strictSame(limits, [7, 9])
})

const socksWith = (rest: string): string =>
  `{ listeners: [{ name: s, protocol: socks, listen: '127.0.0.1:0' ${rest}`

const requestTo = (port: number): string =>
  Buffer.from([5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 255]).toString('latin1')

void t.test(
  'a connection without a request yet gets the configuration in force when it sends one',
  async t => {
    const { daemon, ports, echoPort } = await begin(t)
    const users = (name: string): string => `, auth: { users: { ${name}: secret } } }]`
    await daemon.apply(parseConfig(socksWith(`${users('alice')} }`), 'test'))
    const port = ports.get('s') ?? 0
    const [early, late] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')]
    for (const socket of [early, late]) await talk(socket, '\x05\x01\x02')
    const login = '\x01\x05alice\x06secret'
    t.equal(await talk(early, login), '\x01\x00')
    const changed = `${users('bob')}, access: [{ action: deny }], limits: { authFailureDelay: 0 } }`
    await daemon.apply(parseConfig(socksWith(changed), 'test'))
    early.write(Buffer.from(requestTo(echoPort), 'latin1'))
    const [reply] = (await once(early, 'data')) as [Buffer]
    t.equal(reply[1], 2, 'a new rule applies')
    t.equal(await talk(late, login), '\x01\x01', 'a removed user cannot log in')
    early.destroy()
    late.destroy()
  },
)

/** A server that sends each client the address from which it has come. */
const mirror = async (t: Test): Promise<number> => {
  const server = createServer(socket => void socket.end(socket.remoteAddress ?? ''))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** Clients that have only greeted yet; each asks once, for the reply and what the mirror says. */
const greetedClients = async (port: number, count: number) => {
  const clients = Array.from({ length: count }, () => connect(port, '127.0.0.1'))
  for (const client of clients) await talk(client, '\x05\x01\x00')
  return async (target: number): Promise<{ code: number | undefined; from: string }> => {
    const client = clients.pop()
    if (!client) throw new Error('every client has asked')
    client.write(Buffer.from(requestTo(target), 'latin1'))
    const received = Buffer.concat((await client.toArray()) as Buffer[])
    client.destroy()
    return { code: received[1], from: received.subarray(10).toString() }
  }
}

const CONNECT_TIMEOUT_MS = 300
/** After that a resolver that is left over has closed. */
const retired = (): Promise<void> => sleep(CONNECT_TIMEOUT_MS + 200)

const egressConfig = (egress: string, { name = 's', more = '' } = {}): Config =>
  parseConfig(
    `{ listeners: [{ name: ${name}, protocol: socks, listen: '127.0.0.1:0' ${egress && `, egress: ${egress}`} }],` +
      ` eyeballs: { connectTimeout: ${CONNECT_TIMEOUT_MS}ms }${more} }`,
    'test',
  )

void t.test('a session without a request yet leaves by the egress in force', async t => {
  const { daemon, ports } = await begin(t)
  const target = await mirror(t)
  await daemon.apply(egressConfig(''))
  const ask = await greetedClients(ports.get('s') ?? 0, 4)
  t.match(await ask(target), { code: 0, from: '127.0.0.1' })
  await daemon.apply(egressConfig('{ bind4: 127.0.0.2 }'))
  t.match(await ask(target), { code: 0, from: '127.0.0.2' }, 'the listener has got one')
  await daemon.apply(egressConfig('{ bind4: none }'))
  t.not((await ask(target)).code, 0, 'it has changed')
  await daemon.apply(egressConfig(''))
  await retired()
  t.match(await ask(target), { code: 0, from: '127.0.0.1' }, 'it has lost it')
})

void t.test('a session of a removed listener keeps its egress', async t => {
  const { daemon, ports } = await begin(t)
  const target = await mirror(t)
  await daemon.apply(egressConfig('{ bind4: 127.0.0.2 }'))
  const ask = await greetedClients(ports.get('s') ?? 0, 4)
  await daemon.apply(egressConfig('', { name: 'other' }))
  await retired()
  t.match(await ask(target), { code: 0, from: '127.0.0.2' })
  for (const more of ['', ', resolver: { cache: { maxEntries: 5 } }']) {
    await daemon.apply(egressConfig('', { name: 'other', more }))
    await retired()
    t.match(await ask(target), { code: 0, from: '127.0.0.2' }, `another reload: ${more}`)
  }
  const more = ', access: [{ action: deny }]'
  await daemon.apply(egressConfig('', { name: 'other', more }))
  t.equal((await ask(target)).code, 2, 'new rules count for it')
})

void t.test(
  'what no race uses is closed by the reload, the rest by the end of its races',
  async t => {
    let asked = 0
    let closed = 0
    const { daemon, ports } = await begin(t, undefined, undefined, {
      ...testLookups(),
      openSystemLookup: () => ({
        places: 8,
        lookup: () => void asked++,
        renew: () => {},
        close: () => void closed++,
      }),
    })
    const configOf = (entries: number): Config =>
      parseConfig(
        `{ listeners: [{ name: f, protocol: forward, listen: '127.0.0.1:0', target: 'silent.example:1' }],` +
          ` resolver: { mode: system, cache: { maxEntries: ${entries} } } }`,
        'test',
      )
    for (const entries of [1, 2, 3]) await daemon.apply(configOf(entries))
    t.equal(closed, 2)
    const client = connect(ports.get('f') ?? 0, '127.0.0.1')
    await eventually(() => asked > 0)
    for (const entries of [4, 5]) await daemon.apply(configOf(entries))
    t.equal(closed, 3, 'the race still uses the third')
    client.destroy()
    await daemon.idle()
    t.equal(closed, 4)
  },
)

void t.test('a failed reload does not affect open connections', async t => {
  const { daemon, events, ports, echoPort } = await begin(t)
  const allowed = '}], access: [{ action: allow, to: [loopback] }] }'
  await daemon.apply(parseConfig(socksWith(allowed), 'test'))
  const port = ports.get('s') ?? 0
  const greeted = connect(port, '127.0.0.1')
  await talk(greeted, '\x05\x01\x00')
  const bad = `}, { name: t, protocol: socks, listen: '127.0.0.1:${echoPort}' }], access: [{ action: deny }] }`
  const failing = daemon.apply(parseConfig(socksWith(bad), 'test'))
  // It sends its request while the change is prepared, and its race runs while the change is reverted.
  greeted.write(Buffer.from(requestTo(echoPort), 'latin1'))
  await t.rejects(failing, { code: 'EADDRINUSE' })
  const [reply] = (await once(greeted, 'data')) as [Buffer]
  t.equal(reply[1], 0)
  t.equal(await talk(greeted, 'hello'), 'hello')
  greeted.end()
  await daemon.idle()
  t.match(events.at(-1), { type: 'close', reason: 'eof', bytesUp: 5 })
})

void t.test('a change that other processes cannot apply is reverted', async t => {
  let refusal: Error | undefined
  const asked: (Error | undefined)[] = []
  const { daemon, ports, echoPort } = await begin(t, async error => {
    asked.push(error)
    return error ?? refusal
  })
  await daemon.apply(parseConfig(forwardTo(echoPort), 'test'))
  refusal = new Error('not here')
  const more = ", { name: s, protocol: socks, listen: '127.0.0.1:0' }"
  await t.rejects(daemon.apply(parseConfig(forwardTo(echoPort, more), 'test')), /not here/)
  t.equal(ports.get('s'), undefined)
  const wrong = parseConfig(forwardTo(echoPort), 'test')
  const broken = {
    ...wrong,
    resolver: { ...wrong.resolver, servers: [{ host: 'none', port: 53 }] },
  }
  await t.rejects(daemon.apply(broken), { code: 'ERR_INVALID_ADDRESS' })
  t.match(asked, [undefined, undefined, { code: 'ERR_INVALID_ADDRESS' }])
  refusal = undefined
  await daemon.apply(parseConfig(forwardTo(echoPort, more), 'test'))
  t.ok(ports.get('s'))
})

void t.test('the daemon does not connect to its own listener', async t => {
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

void t.test('the daemon does not connect to its admin endpoint', async t => {
  const { daemon, events, ports, echoPort } = await begin(t)
  const admin = `, admin: { listen: '127.0.0.1:${echoPort}' }`
  await daemon.apply(parseConfig(socksWith(`}]${admin} }`), 'test'))
  const socket = connect(ports.get('s') ?? 0, '127.0.0.1')
  await talk(socket, '\x05\x01\x00')
  socket.write(Buffer.from(requestTo(echoPort), 'latin1'))
  const [reply] = (await once(socket, 'data')) as [Buffer]
  t.equal(reply[1], 2)
  socket.destroy()
  await daemon.idle()
  t.match(events.at(-1), { type: 'rejected', reason: 'loop' })
})

void t.test('a listener keeps its verifier', async t => {
  const { daemon, verifiers } = await begin(t)
  const users = (password: string): string =>
    `{ listeners: [{ protocol: socks, listen: '127.0.0.1:0', auth: { users: { alice: ${password} } } }] }`
  await daemon.apply(parseConfig(users('one'), 'test'))
  await daemon.apply(parseConfig(users('one'), 'test'))
  t.equal(verifiers(), 1)
  await daemon.apply(parseConfig(users('two'), 'test'))
  t.equal(verifiers(), 1)
})

void t.test(
  'a reload that removes a user ends its connections, if the listener revokes',
  async t => {
    for (const revoke of [false, true]) {
      const { daemon, events, ports, echoPort } = await begin(t)
      const configOf = (users: string): Config =>
        parseConfig(
          `{ listeners: [{ name: s, protocol: socks, listen: '127.0.0.1:0', auth: { revoke: ${revoke}, users: ${users} } }] }`,
          'test',
        )
      await daemon.apply(configOf('{ alice: a, bob: b }'))
      const connectAs = async (user: string): Promise<Socket> => {
        const socket = connect(ports.get('s') ?? 0, '127.0.0.1')
        const login = [1, user.length, ...Buffer.from(user), 1, user.charCodeAt(0)]
        socket.write(
          Buffer.from([5, 1, 2, ...login, ...Buffer.from(requestTo(echoPort), 'latin1')]),
        )
        let received = Buffer.alloc(0)
        while (received.length < 14) {
          const [chunk] = (await once(socket, 'data')) as [Buffer]
          received = Buffer.concat([received, chunk])
        }
        t.same([received[3], received[5]], [0, 0])
        return socket
      }
      const [alice, bob] = [await connectAs('alice'), await connectAs('bob')]
      await daemon.apply(configOf('{ bob: b }'))
      t.equal(await talk(bob, 'hello'), 'hello')
      if (!revoke) t.equal(await talk(alice, 'hello'), 'hello')
      else if (!alice.closed) await once(alice, 'close')
      const closes = events.filter(({ type }) => type === 'close')
      t.match(closes, revoke ? [{ user: 'alice', reason: 'revoked' }] : [])
      alice.destroy()
      bob.destroy()
    }
  },
)

void t.test('a replaced dialer is closed with the daemon', async t => {
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
