import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import t from 'tap'
import { Agent, fetch, request } from 'undici'
import type { buildConnector } from 'undici'
import { createConnector, createConnectorOver } from '../../../src/library/http/create-connector.ts'
import type {
  ConnectorOptions,
  ConnectorTarget,
} from '../../../src/library/http/create-connector.ts'
import { errorOf } from '../../fixtures/ask-http.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { httpOrigin } from '../../fixtures/http-origin.ts'
import { httpsOrigin } from '../../fixtures/https-origin.ts'
import { eventually } from '../../fixtures/in-parallel.ts'
import { testLeavingNothing } from '../../fixtures/nothing-left.ts'
import { createScriptedConnect } from '../../fixtures/scripted-connect.ts'
import { makeSocketDir } from '../../fixtures/socket-dir.ts'
import { createTcpServer } from '../../fixtures/tcp-server.ts'

/** A connector whose races the test ends; all of them go to one server. */
const scripted = (port: number, options: ConnectorOptions = {}) => {
  const clock = createHandClock()
  const script = createScriptedConnect({ host: '127.0.0.1', port })
  const connector = createConnectorOver(options, { connect: script.connect, clock })
  const make = (target: Partial<ConnectorTarget> = {}): Promise<Socket> =>
    new Promise((resolve, reject) => {
      connector(
        { hostname: 'www.example.com', protocol: 'http:', port: '', ...target },
        (error, socket) => (error ? reject(error) : resolve(socket)),
      )
    })
  return { connector, make, clock, ...script }
}

const close = (socket: Socket): Promise<void> =>
  new Promise(resolve => {
    socket.once('close', () => resolve()).destroy()
  })

testLeavingNothing('where to, and the options of the race', async (t, owner) => {
  const { port } = await httpOrigin(owner)
  const { make, race, races } = scripted(port, { happyEyeballsDelayMs: 100, timeoutMs: 7000 })
  const made = make()
  const { options, win } = await race(0)
  t.match(options, {
    host: 'www.example.com',
    port: 80,
    happyEyeballsDelayMs: 100,
    timeoutMs: 7000,
  })
  t.notOk('tls' in options)
  const socket = await win()
  t.equal(await made, socket)
  await close(socket)
  void make({ hostname: '2001:db8::1', port: '8080', localAddress: '127.0.0.2' }).catch(() => {})
  t.match((await race(1)).options, {
    host: '2001:db8::1',
    port: 8080,
    localAddrInfos: [{ family: 4, address: '127.0.0.2', port: 0 }],
  })
  races[1]?.lose(new Error('lost'))
})

testLeavingNothing(
  'a UNIX socket is connected to, plain or with TLS, without a race',
  async (t, owner) => {
    const path = join(makeSocketDir(owner), 's')
    const { cert } = await httpsOrigin(owner, undefined, path)
    const { make, races } = scripted(1, { tls: { ca: cert } })
    const plain = await make({ socketPath: path })
    t.equal(plain.connecting, false)
    const secured = (await make({ socketPath: path, protocol: 'https:' })) as TLSSocket
    t.equal(secured.authorized, true)
    t.equal(races.length, 0)
    await Promise.all([close(plain), close(secured)])
    t.match(await errorOf(make({ socketPath: `${path}.none` })), {
      code: 'ENOENT',
      message: `connect ENOENT ${path}.none`,
    })
  },
)

testLeavingNothing('TLS: SNI, ALPN, trust, sessions', async (t, owner) => {
  const { port, cert, handshakes } = await httpsOrigin(owner)
  const { make, race, sockets, clock } = scripted(port, { tls: { ca: cert } })
  let races = 0
  const secured = async (target: Partial<ConnectorTarget> = {}): Promise<TLSSocket> => {
    const made = make({ protocol: 'https:', ...target })
    made.catch(() => {})
    const begun = await race(races++)
    await begun.win()
    return made as Promise<TLSSocket>
  }
  const first = await secured()
  t.equal(first.alpnProtocol, 'http/1.1')
  t.equal(first.authorized, true)
  t.ok(await eventually(() => handshakes.length === 1))
  t.same(handshakes[0], { servername: 'www.example.com', alpn: 'http/1.1', isResumed: false })
  t.equal(clock.pending(), 0)
  // Its session comes with the first bytes.
  first.resume().write('GET / HTTP/1.1\r\nhost: www.example.com\r\nconnection: close\r\n\r\n')
  t.ok(await eventually(() => first.closed))
  const again = await secured({ host: `www.example.com:${port}` })
  t.equal(again.isSessionReused(), true)
  await close(again)
  const other = await errorOf(secured({ hostname: 'other.example.com' }))
  t.match(other, { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  const named = await secured({ hostname: '127.0.0.1', servername: 'www.example.com' })
  t.equal(named.servername, 'www.example.com')
  await close(named)
  t.match(await errorOf(secured({ hostname: '127.0.0.1' })), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
  const two = await secured({ allowH2: true })
  t.equal(two.alpnProtocol, 'http/1.1', 'the server has no other')
  await close(two)
  t.ok(await eventually(() => sockets.every(({ closed }) => closed)))
})

testLeavingNothing('TLS options that make no sense', async (t, owner) => {
  const { port } = await httpsOrigin(owner)
  const { make, race, sockets } = scripted(port, {
    tls: { ciphers: 'nonsense', rejectUnauthorized: false },
  })
  const made = errorOf(make({ protocol: 'https:' }))
  await (await race(0)).win()
  t.match(await made, { code: /^ERR_SSL/ })
  t.ok(await eventually(() => sockets.every(({ closed }) => closed)))
})

testLeavingNothing(
  'rejectUnauthorized, and a connection that is there already',
  async (t, owner) => {
    const { port } = await httpsOrigin(owner)
    const { make, race, races } = scripted(port, { tls: { rejectUnauthorized: false } })
    const made = make({ protocol: 'https:' })
    const below = await (await race(0)).win()
    await close(await made)
    t.equal(below.destroyed, true)
    const httpSocket = createScriptedConnect({ host: '127.0.0.1', port })
    const raw = httpSocket.connect({})
    const socket = await (await httpSocket.race(0)).win()
    t.equal(await raw, socket)
    await close(await make({ protocol: 'https:', httpSocket: socket }))
    t.equal(races.length, 1, 'it is not raced for')
  },
)

testLeavingNothing('the limit covers the handshake; a signal ends both', async (t, owner) => {
  const server = await createTcpServer()
  owner.teardown(server.close)
  const ender = new AbortController()
  const { make, race, clock, open } = scripted(server.port, {
    timeoutMs: 1000,
    signal: ender.signal,
  })
  const late = errorOf(make({ protocol: 'https:', port: '8443' }))
  const first = await race(0)
  clock.advance(600)
  await first.win()
  t.ok(await eventually(() => clock.pending() === 1))
  clock.advance(399)
  t.equal(clock.pending(), 1)
  clock.advance(1)
  t.match(await late, {
    code: 'ETIMEDOUT',
    message: 'the TLS handshake with www.example.com:8443 took too long',
  })
  const racing = errorOf(make())
  await race(1)
  const shaking = errorOf(make({ protocol: 'https:' }))
  await (await race(2)).win()
  t.ok(await eventually(() => clock.pending() === 1))
  const why = new Error('we are going down')
  ender.abort(why)
  t.equal(await racing, why)
  t.equal(await shaking, why)
  t.equal(await errorOf(make()), why)
  t.equal(open(), 0)
  t.equal(clock.pending(), 0)
})

testLeavingNothing('no limit at all', async (t, owner) => {
  const { port } = await httpsOrigin(owner)
  const { make, race, clock } = scripted(port, {
    timeoutMs: null,
    tls: { rejectUnauthorized: false },
  })
  const made = make({ protocol: 'https:' })
  await (await race(0)).win()
  await close(await made)
  t.equal(clock.pending(), 0)
})

testLeavingNothing('in a dispatcher that is destroyed while a race runs', async (t, owner) => {
  const { port } = await httpOrigin(owner)
  const { connector, race, sockets } = scripted(port)
  const dispatcher = new Agent({ connect: connector })
  const asked = errorOf(request('http://www.example.com/', { dispatcher }))
  const begun = await race(0)
  await dispatcher.destroy()
  t.match(await asked, { code: 'UND_ERR_DESTROYED' })
  await begun.win()
  t.ok(await eventually(() => sockets.every(({ closed }) => closed)), 'the late winner is closed')
})

testLeavingNothing('a fetch that is aborted while its race runs', async (t, owner) => {
  const { port } = await httpOrigin(owner)
  const { connector, race, races, sockets } = scripted(port)
  const dispatcher = new Agent({ connect: connector })
  const ender = new AbortController()
  const asked = errorOf(fetch('http://www.example.com/', { dispatcher, signal: ender.signal }))
  const begun = await race(0)
  const why = new Error('enough')
  ender.abort(why)
  t.equal(await asked, why, 'reported at once')
  await begun.win()
  await turn()
  const next = request('http://www.example.com/next', { dispatcher })
  // Where undici has given the first connection up already, it asks for another.
  for (let place = 1; !(await Promise.race([next.then(() => true), turn(false)]));) {
    if (races.length > place) await races[place++]?.win()
  }
  t.equal(await (await next).body.text(), 'hello from /next\n')
  await dispatcher.close()
  t.ok(await eventually(() => sockets.every(({ closed }) => closed)))
})

void t.test('it is what undici takes, and checks its options', async t => {
  const connector: buildConnector.connector = createConnector()
  t.type(connector, 'function')
  t.throws(() => createConnector({ timeoutMs: -1 }), { code: 'ERR_INVALID_ARG' })
})
