import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import {
  createIdleConnections,
  discard,
  isHealthy,
} from '../../../src/library/connection-pool/idle-connections.ts'
import { createFakeSocket } from '../../fixtures/fake-socket.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { testLeavingNothing } from '../../fixtures/nothing-left.ts'
import { createTcpServer } from '../../fixtures/tcp-server.ts'

void t.test('the one used last comes first, and is as it was', async t => {
  const clock = createHandClock()
  const idle = createIdleConnections({ idleTimeoutMs: 1000, clock })
  t.equal(idle.take(), undefined)
  const [a, b] = [createFakeSocket(), createFakeSocket()]
  idle.put(a.socket)
  idle.put(b.socket)
  t.equal(clock.pending(), 1, 'one timer for all')
  t.equal(a.isRef(), false)
  t.equal(idle.size(), 2)
  t.equal(idle.take(), b.socket)
  t.equal(b.isRef(), true)
  await turn()
  t.equal(b.socket.readableFlowing, null, 'it flows as soon as somebody listens')
  t.equal(b.socket.listenerCount('readable') + b.socket.listenerCount('error'), 0)
  t.equal(idle.take(), a.socket)
  t.equal(clock.pending(), 0, 'no timer for none')
})

void t.test('what its target says, or its end, closes one at once', async t => {
  for (const spoil of ['say', 'hangUp', 'fail'] as const) {
    const clock = createHandClock()
    const idle = createIdleConnections({ idleTimeoutMs: 1000, clock })
    const [a, b] = [createFakeSocket(), createFakeSocket()]
    idle.put(a.socket)
    idle.put(b.socket)
    await turn()
    a[spoil]('hello')
    await turn()
    await turn()
    t.equal(a.socket.destroyed, true, spoil)
    t.equal(idle.size(), 1, spoil)
    t.equal(idle.take(), b.socket)
    t.equal(clock.pending(), 0)
  }
})

void t.test('what was said in the very moment is seen when it is handed out', async t => {
  const clock = createHandClock()
  const idle = createIdleConnections({ idleTimeoutMs: null, clock })
  const [a, b] = [createFakeSocket(), createFakeSocket()]
  idle.put(a.socket)
  idle.put(b.socket)
  b.say('too early')
  t.equal(idle.take(), a.socket)
  t.equal(b.socket.destroyed, true)
  const c = createFakeSocket()
  idle.put(c.socket)
  c.say('alone')
  t.equal(idle.take(), undefined)
})

void t.test('each rests for its own time', async t => {
  const clock = createHandClock()
  const idle = createIdleConnections({ idleTimeoutMs: 1000, clock })
  const [a, b, c] = [createFakeSocket(), createFakeSocket(), createFakeSocket()]
  idle.put(a.socket)
  clock.advance(400)
  idle.put(b.socket)
  idle.put(c.socket)
  clock.advance(599)
  t.equal(a.socket.destroyed, false)
  clock.advance(1)
  t.equal(a.socket.destroyed, true)
  t.equal(b.socket.destroyed, false)
  t.equal(clock.pending(), 1)
  clock.advance(400)
  t.equal(b.socket.destroyed && c.socket.destroyed, true, 'both at once')
  t.equal(clock.pending(), 0)
  t.equal(idle.size(), 0)
})

void t.test('without a limit there is no timer; clear closes all', async t => {
  const clock = createHandClock()
  const idle = createIdleConnections({ idleTimeoutMs: null, clock })
  const [a, b] = [createFakeSocket(), createFakeSocket()]
  idle.put(a.socket)
  idle.put(b.socket)
  t.equal(clock.pending(), 0)
  clock.advance(1e9)
  t.equal(idle.size(), 2)
  idle.clear()
  t.equal(a.socket.destroyed && b.socket.destroyed, true)
  t.equal(idle.size(), 0)
})

testLeavingNothing('over real sockets: paused, flowing and ended', async (t, owner) => {
  const server = await createTcpServer()
  owner.teardown(server.close)
  const idle = createIdleConnections({ idleTimeoutMs: null, clock: createHandClock() })
  const open = async () => {
    const accepted = server.accepted()
    const socket = connect({ host: server.address, port: server.port, autoSelectFamily: false })
    await once(socket, 'connect')
    return { socket, other: await accepted }
  }
  for (const use of ['nothing', 'pause', 'flow'] as const) {
    const { socket, other } = await open()
    if (use === 'pause') socket.pause()
    if (use === 'flow') socket.resume()
    idle.put(socket)
    await turn()
    t.equal(idle.take(), socket, use)
    const data = once(socket, 'data')
    other.write('now')
    t.equal(String((await data)[0]), 'now', `${use}: it can be read again`)
    idle.put(socket)
    await turn()
    const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
    if (use === 'nothing') other.end()
    else if (use === 'pause') other.write('unasked')
    else other.resetAndDestroy()
    await closed
    t.equal(idle.size(), 0)
  }
})

void t.test('what is healthy', async t => {
  t.equal(isHealthy(createFakeSocket().socket), true)
  const unread = createFakeSocket()
  unread.say('left over')
  t.equal(isHealthy(unread.socket), false)
  const ended = createFakeSocket()
  ended.socket.end()
  t.equal(isHealthy(ended.socket), false)
  const dead = createFakeSocket()
  discard(dead.socket)
  t.equal(isHealthy(dead.socket), false)
  dead.socket.emit('error', new Error('nobody wants to hear it'))
})
