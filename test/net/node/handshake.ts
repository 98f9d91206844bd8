import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { handshake } from '../../../src/net/node/handshake.ts'
import { errorOf } from '../../fixtures/ask-http.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { httpsOrigin } from '../../fixtures/https-origin.ts'
import { testLeavingNothing } from '../../fixtures/nothing-left.ts'
import { createTcpServer } from '../../fixtures/tcp-server.ts'

const open = async (port: number, options: object = {}): Promise<TLSSocket> => {
  const socket: Socket = connect({ host: '127.0.0.1', port, autoSelectFamily: false })
  await once(socket, 'connect')
  return connectTls({ socket, servername: 'www.example.com', ...options })
}

testLeavingNothing('a handshake that is done leaves no listener', async (t, owner) => {
  const { port, cert } = await httpsOrigin(owner)
  const clock = createHandClock()
  for (const limitMs of [1000, null]) {
    const socket = await open(port, { ca: cert })
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

testLeavingNothing(
  'what TLS says is what it rejects with, when all is closed',
  async (t, owner) => {
    const { port } = await httpsOrigin(owner)
    const clock = createHandClock()
    const socket = await open(port)
    t.match(await errorOf(handshake(socket, { limitMs: 1000, clock, where: 'here' })), {
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    })
    t.equal(socket.closed, true)
    t.equal(clock.pending(), 0)
  },
)

testLeavingNothing('a silent target: the limit, and a signal', async (t, owner) => {
  const server = await createTcpServer()
  owner.teardown(server.close)
  const clock = createHandClock()
  const late = await open(server.port)
  const limited = errorOf(handshake(late, { limitMs: 500, clock, where: 'here:443' }))
  clock.advance(500)
  t.match(await limited, {
    code: 'ETIMEDOUT',
    message: 'the TLS handshake with here:443 took too long',
  })
  t.equal(late.closed, true)
  const why = new Error('enough')
  const ender = new AbortController()
  const aborted = await open(server.port)
  const rejected = errorOf(
    handshake(aborted, { limitMs: null, signal: ender.signal, clock, where: 'here' }),
  )
  ender.abort(why)
  t.equal(await rejected, why)
  t.equal(aborted.closed, true)
  const { signal } = ender
  const never = await open(server.port)
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
    const ended = await open(server.port)
    const rejected = errorOf(handshake(ended, { limitMs: null, clock, where: 'here' }))
    ;(await accepted).end()
    t.match(await rejected, { code: 'ECONNRESET' })
    const destroyed = await open(server.port)
    const gone = errorOf(handshake(destroyed, { limitMs: null, clock, where: 'here' }))
    destroyed.destroy()
    t.match(await gone, { code: 'ECONNRESET', message: /here closed|disconnected before/ })
  },
)
