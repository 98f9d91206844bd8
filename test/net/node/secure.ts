import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { connect as connectTls } from 'node:tls'
import type { Secure } from '../../../src/net/node/secure.ts'
import { createSecure, handshake } from '../../../src/net/node/secure.ts'
import { errorOf } from '../../fixtures/ask-http.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { httpsOrigin } from '../../fixtures/https-origin.ts'
import { testLeavingNothing } from '../../fixtures/nothing-left.ts'
import { createTcpServer } from '../../fixtures/tcp-server.ts'

const open = async (port: number): Promise<Socket> => {
  const socket = connect({ host: '127.0.0.1', port, autoSelectFamily: false })
  await once(socket, 'connect')
  return socket
}

/** One handshake and one exchange; returns whether a session was resumed. */
const exchange = async (
  secure: Secure,
  { port, cert }: { port: number; cert: string },
  key: string,
  options: object = {},
): Promise<boolean> => {
  const socket = await open(port)
  const secured = secure(socket, { ca: cert, servername: 'www.example.com', ...options }, key)
  await once(secured, 'secureConnect')
  const isResumed = secured.isSessionReused()
  // The session comes with the first bytes.
  secured.write('GET / HTTP/1.1\r\nhost: www.example.com\r\nconnection: close\r\n\r\n')
  secured.resume()
  await once(secured, 'close')
  return isResumed
}

testLeavingNothing('sessions are resumed under the same key only', async (t, owner) => {
  const origin = await httpsOrigin(owner)
  const secure = createSecure()
  t.equal(await exchange(secure, origin, 'a'), false)
  t.equal(await exchange(secure, origin, 'a'), true)
  t.equal(await exchange(secure, origin, 'b'), false)
  const without = createSecure(0)
  t.equal(await exchange(without, origin, 'a'), false)
  t.equal(await exchange(without, origin, 'a'), false)
  const small = createSecure(1)
  t.equal(await exchange(small, origin, 'a'), false)
  t.equal(await exchange(small, origin, 'b'), false)
  t.equal(await exchange(small, origin, 'a'), false, 'the oldest had to go')
})

testLeavingNothing('a session is forgotten when its connection fails', async (t, owner) => {
  const origin = await httpsOrigin(owner)
  const secure = createSecure()
  await exchange(secure, origin, 'a')
  const socket = await open(origin.port)
  const failing = secure(socket, { ca: origin.cert, servername: 'www.example.com' }, 'a')
  const error = new Error('broken')
  const failed = new Promise(resolve => failing.once('error', resolve))
  const closed = new Promise(resolve => failing.once('close', resolve))
  failing.destroy(error)
  t.equal(await failed, error)
  await closed
  t.equal(socket.destroyed, true, 'the socket below goes with it')
  t.equal(await exchange(secure, origin, 'a'), false)
})

const openTls = async (port: number, options: object = {}): Promise<TLSSocket> => {
  const socket: Socket = connect({ host: '127.0.0.1', port, autoSelectFamily: false })
  await once(socket, 'connect')
  return connectTls({ socket, servername: 'www.example.com', ...options })
}

testLeavingNothing('a handshake that is done leaves no listener', async (t, owner) => {
  const { port, cert } = await httpsOrigin(owner)
  const clock = createHandClock()
  for (const limitMs of [1000, null]) {
    const socket = await openTls(port, { ca: cert })
    const before = [socket.listenerCount('error'), socket.listenerCount('close')]
    const { signal } = new AbortController()
    const done = handshake(socket, { limitMs, signal, clock, where: 'here' })
    t.equal(clock.pending(), limitMs === null ? 0 : 1)
    t.equal(await done, socket)
    t.same([socket.listenerCount('error'), socket.listenerCount('close')], before)
    t.equal(clock.pending(), 0)
    socket.destroy()
    await once(socket, 'close')
  }
})

testLeavingNothing('it rejects with the TLS error after the socket is closed', async (t, owner) => {
  const { port } = await httpsOrigin(owner)
  const clock = createHandClock()
  const socket = await openTls(port)
  t.match(await errorOf(handshake(socket, { limitMs: 1000, clock, where: 'here' })), {
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  })
  t.equal(socket.closed, true)
  t.equal(clock.pending(), 0)
})

testLeavingNothing('a silent target: the limit, and a signal', async (t, owner) => {
  const server = await createTcpServer()
  owner.teardown(server.close)
  const clock = createHandClock()
  const late = await openTls(server.port)
  const limited = errorOf(handshake(late, { limitMs: 500, clock, where: 'here:443' }))
  clock.advance(500)
  t.match(await limited, {
    code: 'ETIMEDOUT',
    message: 'the TLS handshake with here:443 took too long',
  })
  t.equal(late.closed, true)
  const why = new Error('enough')
  const ender = new AbortController()
  const aborted = await openTls(server.port)
  const rejected = errorOf(
    handshake(aborted, { limitMs: null, signal: ender.signal, clock, where: 'here' }),
  )
  ender.abort(why)
  t.equal(await rejected, why)
  t.equal(aborted.closed, true)
  const { signal } = ender
  const never = await openTls(server.port)
  t.equal(await errorOf(handshake(never, { limitMs: 500, signal, clock, where: 'here' })), why)
  t.equal(clock.pending(), 0)
})

testLeavingNothing(
  'a target that ends, and a socket that somebody else destroys',
  async (t, owner) => {
    const server = await createTcpServer()
    owner.teardown(server.close)
    const clock = createHandClock()
    const accepted = server.accepted()
    const ended = await openTls(server.port)
    const rejected = errorOf(handshake(ended, { limitMs: null, clock, where: 'here' }))
    ;(await accepted).end()
    t.match(await rejected, { code: 'ECONNRESET' })
    const destroyed = await openTls(server.port)
    const gone = errorOf(handshake(destroyed, { limitMs: null, clock, where: 'here' }))
    destroyed.destroy()
    t.match(await gone, { code: 'ECONNRESET', message: /here closed|disconnected before/ })
  },
)
