import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { ConnectionPoolOptions } from '../../../src/library/connection-pool/create-connection-pool.ts'
import { createConnectionPool } from '../../../src/library/connection-pool/create-connection-pool.ts'
import { errorOf } from '../../fixtures/ask-http.ts'
import { createFakeRaces } from '../../fixtures/fake-races.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'

const create = (options: Partial<ConnectionPoolOptions> = {}) => {
  const clock = createHandClock()
  const races = createFakeRaces()
  const parts = { connect: races.connect, clock }
  const pool = createConnectionPool({ host: 'db.example.com', port: 5432, ...options }, parts)
  return { pool, clock, races }
}

void t.test('an idle connection is used before another is raced for', async t => {
  const { pool, races, clock } = create({ max: 2, timeoutMs: 5000 })
  const first = pool.acquire()
  t.match(races.all[0]?.options, { host: 'db.example.com', port: 5432, timeoutMs: 5000 })
  const fake = races.win(0)
  t.equal(await first, fake.socket)
  t.equal(pool.size(), 1)
  pool.release(fake.socket)
  t.equal(pool.idle(), 1)
  t.equal(fake.timeout(), 0)
  t.equal(await pool.acquire(), fake.socket)
  t.equal(races.all.length, 1)
  pool.release(fake.socket)
  await pool.close()
  t.equal(pool.size(), 0)
  t.equal(clock.pending(), 0)
})

void t.test('no more than max, races counted; first come, first served', async t => {
  const { pool, races } = create({ max: 2 })
  const order: string[] = []
  const acquire = (name: string) =>
    pool.acquire().then(socket => {
      order.push(name)
      return socket
    })
  const [a, b, c, d] = [acquire('a'), acquire('b'), acquire('c'), acquire('d')]
  t.equal(races.all.length, 2)
  t.equal(pool.waiting(), 4)
  const second = races.win(1)
  t.equal(await a, second.socket, "b's race is over first, and a has waited longest")
  const first = races.win(0)
  t.equal(await b, first.socket)
  pool.release(second.socket)
  t.equal(await c, second.socket)
  pool.release(first.socket, { destroy: true })
  t.equal(races.all.length, 2, 'its place is free when it is closed')
  await turn()
  t.equal(races.all.length, 3)
  races.win(2)
  await d
  t.same(order, ['a', 'b', 'c', 'd'])
  await pool.close()
  t.equal(races.open(), 0)
})

void t.test('a race that fails is the error of its acquirer; the next one tries', async t => {
  const { pool, races } = create({ max: 1 })
  const asked = [pool.acquire(), pool.acquire(), pool.acquire()]
  const why = new Error('refused')
  races.lose(0, why)
  t.equal(await errorOf(asked[0] as Promise<unknown>), why)
  races.lose(1, why)
  t.equal(await errorOf(asked[1] as Promise<unknown>), why)
  const { socket } = races.win(2)
  t.equal(await asked[2], socket)
  await pool.close()
})

void t.test('who is served by another leaves the own race to the next', async t => {
  const { pool, races } = create({ max: 2 })
  const a = pool.acquire()
  const inUse = races.win(0).socket
  await a
  const [b, c] = [pool.acquire(), pool.acquire()]
  t.equal(races.all.length, 2, 'one for b; c waits')
  pool.release(inUse)
  t.equal(await b, inUse)
  races.lose(1, new Error('lost'))
  t.match(await errorOf(c), { message: 'lost' }, "it was c's by then")
  pool.release(inUse)
  const [d, e] = [await pool.acquire(), pool.acquire()]
  pool.release(d)
  t.equal(await e, inUse)
  races.lose(2, new Error("nobody's"))
  await turn()
  t.equal(pool.size(), 1)
  await pool.close()
})

void t.test(
  'an abort: of one who waits, of one with a race, of one whose race another needs',
  async t => {
    const { pool, races } = create({ max: 1 })
    const why = new Error('no longer')
    await t.rejects(pool.acquire({ signal: AbortSignal.abort(why) }), why)
    t.equal(races.all.length, 0)
    const enders = [new AbortController(), new AbortController(), new AbortController()]
    const [a, b, c] = enders.map(({ signal }) => pool.acquire({ signal }).catch((e: unknown) => e))
    enders[1]?.abort(why)
    t.equal(await b, why)
    enders[0]?.abort(why)
    t.equal(await a, why)
    t.equal(races.open(), 1, 'c has it now')
    enders[2]?.abort(why)
    t.equal(races.all[0]?.options.signal?.aborted, true)
    let settled = false
    void Promise.resolve(c).then(() => (settled = true))
    await Promise.resolve()
    t.equal(settled, false, 'not before its sockets are closed')
    t.equal(await c, why)
    t.equal(races.open(), 0)
    t.equal(pool.size(), 0)
    // A later one has a race of its own.
    const d = pool.acquire()
    races.win(1)
    t.ok(await d)
    await pool.close()
  },
)

void t.test('an abort in the moment of the win: the connection is kept', async t => {
  const { pool, races } = create({ max: 1 })
  const ender = new AbortController()
  const asked = pool.acquire({ signal: ender.signal })
  const { socket } = races.win(0)
  ender.abort(new Error('too late to matter'))
  await errorOf(asked)
  t.equal(pool.idle(), 1)
  t.equal(await pool.acquire(), socket)
  await pool.close()
})

void t.test('dead connections may be given back; their places are free', async t => {
  const { pool, races } = create({ max: 1 })
  const asked = pool.acquire()
  const fake = races.win(0)
  const socket = await asked
  socket.on('error', () => {})
  fake.fail()
  await turn()
  t.equal(pool.size(), 0, 'also before it is given back')
  pool.release(socket)
  const next = pool.acquire()
  const unread = races.win(1)
  pool.release(await next)
  unread.say('unasked')
  await turn()
  await turn()
  t.equal(pool.size(), 0)
  const third = pool.acquire()
  const left = races.win(2)
  left.say('left over')
  pool.release(await third)
  t.equal(left.socket.destroyed, true)
  await pool.close()
})

void t.test('idle connections end after their time', async t => {
  const { pool, races, clock } = create({ max: 2, idleTimeoutMs: 100 })
  const asked = pool.acquire()
  races.win(0)
  pool.release(await asked)
  clock.advance(99)
  t.equal(pool.idle(), 1)
  clock.advance(1)
  t.equal(pool.idle(), 0)
  await turn()
  t.equal(pool.size(), 0)
  t.equal(clock.pending(), 0)
})

void t.test('release says what is wrong', async t => {
  const { pool, races } = create()
  const other = create()
  const asked = pool.acquire()
  const { socket } = races.win(0)
  await asked
  t.throws(() => other.pool.release(socket), {
    code: 'ERR_INVALID_ARG',
    message: 'the socket is not of this pool: what acquire gave is released once',
  })
  pool.release(socket)
  t.throws(() => pool.release(socket), {
    code: 'ERR_INVALID_ARG',
    message: 'the socket has been released already: what acquire gave is released once',
  })
  await pool.close()
})

void t.test('close ends all, once', async t => {
  const { pool, races, clock } = create({ max: 3 })
  const [a, b, c, d] = [pool.acquire(), pool.acquire(), pool.acquire(), pool.acquire()]
  const [inUse, idle] = [races.win(0).socket, races.win(1).socket]
  await a
  pool.release(await b)
  t.equal(await c, idle)
  pool.release(idle)
  t.equal(await d, idle)
  pool.release(idle)
  const waits = [pool.acquire(), pool.acquire(), pool.acquire()]
  pool.release(await (waits[0] as Promise<typeof idle>))
  await waits[1]
  const closed = pool.close()
  t.equal(pool.close(), closed)
  t.match(await errorOf(waits[2] as Promise<unknown>), { code: 'ERR_POOL_CLOSED' })
  t.match(await errorOf(pool.acquire()), {
    code: 'ERR_POOL_CLOSED',
    message: 'the connection pool is closed',
  })
  await closed
  t.equal(inUse.destroyed && idle.destroyed, true)
  t.equal(races.open(), 0)
  t.equal(pool.size() + pool.waiting() + pool.idle(), 0)
  t.equal(clock.pending(), 0)
  pool.release(inUse)
  await create().pool.close()
})

void t.test('a race that is won while the pool closes is closed', async t => {
  const { pool, races } = create()
  const asked = pool.acquire()
  const { socket } = races.win(0)
  const closed = pool.close()
  t.match(await errorOf(asked), { code: 'ERR_POOL_CLOSED' })
  await closed
  t.equal(socket.destroyed, true)
})

void t.test('options that make no sense', async t => {
  const wrong: [Partial<Record<keyof ConnectionPoolOptions, unknown>>, RegExp][] = [
    [{ max: 0 }, /options\.max is 0: a whole number, 1 or more, is allowed/],
    [{ max: 1.5 }, /options\.max is 1\.5/],
    [{ max: '3' }, /options\.max is '3'/],
    [{ idleTimeoutMs: -1 }, /options\.idleTimeoutMs is -1: a number of milliseconds from 0/],
    [{ idleTimeoutMs: Number.NaN }, /options\.idleTimeoutMs is NaN/],
    [{ timeoutMs: -1 }, /options\.timeoutMs is -1/],
  ]
  for (const [options, message] of wrong) {
    t.throws(() => create(options as ConnectionPoolOptions), { code: 'ERR_INVALID_ARG', message })
  }
  create({ idleTimeoutMs: null, max: 1 })
})
