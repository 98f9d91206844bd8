import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { ConnectionPool } from '../../../src/library/connection-pool/connection-pool.ts'
import { errorOf } from '../../fixtures/ask-http.ts'
import { createBlackHole } from '../../fixtures/create-black-hole.ts'
import { eventually } from '../../fixtures/in-parallel.ts'
import { testLeavingNothing } from '../../fixtures/nothing-left.ts'
import { createTcpServer } from '../../fixtures/tcp-server.ts'
import { freePort } from '../../fixtures/tcp-target.ts'

testLeavingNothing('connections are raced, used, kept and closed', async (t, owner) => {
  const server = await createTcpServer()
  owner.teardown(server.close)
  const nobody = await freePort()
  const pool = new ConnectionPool({
    addresses: [`127.0.0.1:${nobody}`, `127.0.0.1:${server.port}`],
    max: 2,
  })
  const [a, b] = await Promise.all([pool.acquire(), pool.acquire()])
  t.equal(a.remotePort, server.port)
  const third = pool.acquire()
  t.equal(pool.waiting, 1)
  pool.release(a)
  t.equal(await third, a)
  const answer = new Promise(resolve => a.once('data', resolve))
  t.ok(await eventually(() => server.sockets.length === 2))
  for (const socket of server.sockets) socket.write('hi')
  t.equal(String(await answer), 'hi')
  t.ok(await eventually(() => b.readableLength > 0))
  pool.release(a)
  pool.release(b)
  t.equal(b.destroyed, true, 'it had said something that nobody read')
  t.equal(pool.idle, 1)
  t.ok(await eventually(() => pool.size === 1))
  await pool.close()
  t.equal(pool.size, 0)
  t.match(await errorOf(pool.acquire()), { code: 'ERR_POOL_CLOSED' })
})

testLeavingNothing('await using closes the pool', async (t, owner) => {
  const server = await createTcpServer()
  owner.teardown(server.close)
  const pool = new ConnectionPool({ host: '127.0.0.1', port: server.port })
  const socket = await pool.acquire()
  await pool[Symbol.asyncDispose]()
  t.equal(socket.closed, true)
  t.match(await errorOf(pool.acquire()), { code: 'ERR_POOL_CLOSED' })
})

testLeavingNothing('an idle connection does not keep the process alive', async (t, owner) => {
  const server = await createTcpServer()
  owner.teardown(server.close)
  const holding = (): number =>
    process.getActiveResourcesInfo().filter(kind => kind === 'TCPSocketWrap').length
  const pool = new ConnectionPool({ host: '127.0.0.1', port: server.port })
  const socket = await pool.acquire()
  t.ok(await eventually(() => server.sockets.length === 1))
  server.sockets[0]?.unref()
  t.equal(holding(), 1)
  pool.release(socket)
  await turn()
  t.equal(holding(), 0)
  t.equal(await pool.acquire(), socket)
  t.equal(holding(), 1)
  await pool.close()
})

testLeavingNothing('an abort, and close, end a race', async (t, owner) => {
  const hole = await createBlackHole()
  owner.teardown(hole.close)
  const pool = new ConnectionPool({ host: hole.address, port: hole.port, max: 1 })
  const why = new Error('not any more')
  const ender = new AbortController()
  const asked = pool.acquire({ signal: ender.signal })
  setImmediate(() => ender.abort(why))
  t.equal(await errorOf(asked), why)
  t.equal(pool.size, 0)
  const waits = pool.acquire()
  t.equal(pool.size, 1)
  await turn()
  const closed = pool.close()
  t.match(await errorOf(waits), { code: 'ERR_POOL_CLOSED' })
  await closed
  t.equal(pool.size, 0)
})

testLeavingNothing(
  'a race that fails, and a connection that ends while it rests',
  async (t, owner) => {
    const nobody = await freePort()
    const failing = new ConnectionPool({ host: '127.0.0.1', port: nobody })
    t.match(await errorOf(failing.acquire()), { name: 'RaceError', code: 'ECONNREFUSED' })
    await failing.close()
    const server = await createTcpServer()
    owner.teardown(server.close)
    const pool = new ConnectionPool({ host: '127.0.0.1', port: server.port, idleTimeoutMs: 50 })
    pool.release(await pool.acquire())
    t.equal(pool.idle, 1)
    t.ok(await eventually(() => server.sockets.length === 1))
    server.sockets[0]?.end()
    t.ok(await eventually(() => pool.size === 0))
    pool.release(await pool.acquire())
    t.ok(await eventually(() => pool.size === 0), 'the idle limit')
    await pool.close()
  },
)

void t.test('options that make no sense', async t => {
  t.throws(() => new ConnectionPool({ host: 'localhost', port: 1, max: 0 }), {
    code: 'ERR_INVALID_ARG',
  })
})
