import { once } from 'node:events'
import fc from 'fast-check'
import t from 'tap'
import type { DirectionEvents } from '../../../src/pipe/stream/create-direction.ts'
import { createDirection } from '../../../src/pipe/stream/create-direction.ts'
import type { SocketSystem } from '../../../src/pipe/stream/socket-system.ts'
import { portableSystem } from '../../../src/pipe/stream/socket-system.ts'
import { allArrived } from '../../fixtures/all-arrived.ts'
import { pipedTest } from '../../fixtures/piped-test.ts'
import { receiveAll, socketPair, until } from '../../fixtures/socket-pair.ts'
import { promptSystem } from '../../fixtures/socket-systems.ts'

/** Random talk at the pace of real timers takes a while, on a busy machine longer. */
t.setTimeout(180_000)

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

const SIDES = ['client', 'target'] as const

for (const side of SIDES) {
  const other = side === 'client' ? 'target' : 'client'
  const reason = `${side}-reset`

  pipedTest(`a reset of the ${side} before any byte becomes a reset`, async (t, piped) => {
    const pipe = await piped(t)
    const seen = receiveAll(pipe[other])
    pipe[side].resetAndDestroy()
    t.equal((await seen).error, 'ECONNRESET')
    t.same(await pipe.result, { bytesUp: 0, bytesDown: 0, reason, engine: 'stream' })
  })

  pipedTest(`a reset of the ${side} after bytes both ways becomes a reset`, async (t, piped) => {
    const pipe = await piped(t)
    pipe.client.write('ping')
    await once(pipe.target.resume(), 'data')
    pipe.target.write('pong!')
    await once(pipe.client.resume(), 'data')
    const seen = receiveAll(pipe[other])
    pipe[side].resetAndDestroy()
    t.equal((await seen).error, 'ECONNRESET')
    t.same(await pipe.result, { bytesUp: 4, bytesDown: 5, reason, engine: 'stream' })
  })

  pipedTest(`a reset right behind the last bytes of the ${side} is no FIN`, async (t, piped) => {
    const pipe = await piped(t)
    const seen = receiveAll(pipe[other])
    pipe[side].write('half of it')
    // Leave the pipe no turn in between, so that it finds the bytes and the reset at once.
    pipe[side].resetAndDestroy()
    // The far end reads through the same library, so it may take its reset for an end, as the pipe must not.
    await seen
    t.equal((await pipe.result).reason, reason)
  })

  pipedTest(
    `a reset of the ${side} that had half-closed is seen by the next write`,
    async (t, piped) => {
      const pipe = await piped(t)
      const seen = receiveAll(pipe[other])
      pipe[side].end('bye')
      t.equal((await seen).bytes.toString(), 'bye')
      pipe[side].resetAndDestroy()
      const failed = once(pipe[other], 'error')
      // The first write may still be taken before the system knows.
      const writing = setInterval(() => pipe[other].write('more'), 5)
      t.teardown(() => clearInterval(writing))
      t.equal((await pipe.result).reason, reason)
      const [error] = (await failed) as [Error & { code: string }]
      clearInterval(writing)
      t.match(error.code, /^(ECONNRESET|EPIPE)$/)
    },
  )

  pipedTest(
    `a reset of the ${side} whose peer had half-closed becomes a reset`,
    async (t, piped) => {
      const pipe = await piped(t)
      const seen = receiveAll(pipe[side])
      pipe[other].end('bye')
      t.equal((await seen).bytes.toString(), 'bye')
      const failed = receiveAll(pipe[other])
      pipe[side].resetAndDestroy()
      t.equal((await pipe.result).reason, reason)
      t.equal((await failed).error, 'ECONNRESET')
    },
  )

  pipedTest(`a reset of a paused ${side} is found by a probe`, async (t, piped) => {
    const pipe = await piped(t)
    const full = side === 'client' ? pipe.upstream : pipe.inner
    pipe[side].write(Buffer.alloc(32 * 1024 * 1024))
    await until('backpressure', () => full.writableLength >= full.writableHighWaterMark)
    await allArrived()
    pipe[side].resetAndDestroy()
    await allArrived()
    t.equal(pipe.clock.pending(), 2, 'it does not know yet')
    pipe.clock.advance(2000)
    t.equal((await pipe.over()).reason, reason)
  })
}

for (const side of SIDES) {
  pipedTest(
    `a reset of the ${side} that has got its end, and is not read, is found by asking the system`,
    async (t, piped) => {
      const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
      let asked = 0
      const system = { ...promptSystem, failureOf: () => (asked++ === 0 ? null : reset) }
      const pipe = await piped(t, {}, undefined, undefined, system)
      const other = side === 'client' ? pipe.target : pipe.client
      const full = side === 'client' ? pipe.upstream : pipe.inner
      other.end()
      await receiveAll(pipe[side])
      pipe[side].write(Buffer.alloc(32 * 1024 * 1024))
      await until('backpressure', () => full.writableLength >= full.writableHighWaterMark)
      pipe.clock.advance(2000)
      t.equal(asked, 1)
      pipe.clock.advance(1000)
      t.match(await pipe.over(), { reason: `${side}-reset` })
    },
  )
}

pipedTest('a side is probed only while it is paused', async (t, piped) => {
  const { client, target, inner, result, clock } = await piped(t)
  const size = 16 * 1024 * 1024
  target.end(Buffer.alloc(size))
  await until('backpressure', () => inner.writableLength >= inner.writableHighWaterMark)
  clock.advance(3000)
  t.equal(clock.pending(), 2)
  const { bytes } = await receiveAll(client)
  t.equal(bytes.length, size, 'asking did no harm')
  clock.advance(2000)
  t.equal(clock.pending(), 1)
  client.end()
  target.resume()
  t.same(await result, { bytesUp: 0, bytesDown: size, reason: 'eof', engine: 'stream' })
})

pipedTest(
  'an end while bytes of the other way wait in the same socket is passed on',
  async (t, piped) => {
    const { client, target, inner, result } = await piped(t)
    const size = 16 * 1024 * 1024
    target.write(Buffer.alloc(size))
    await until('backpressure', () => inner.writableLength >= inner.writableHighWaterMark)
    client.end('enough')
    t.equal((await receiveAll(target)).bytes.toString(), 'enough')
    target.end()
    t.equal((await receiveAll(client)).bytes.length, size)
    t.same(await result, { bytesUp: 6, bytesDown: size, reason: 'eof', engine: 'stream' })
  },
)

pipedTest('a socket that is destroyed before the pipe ends it at once', async (t, piped) => {
  for (const side of ['inner', 'upstream'] as const) {
    const gone = await piped(t, { early: Buffer.from('x') }, sockets => sockets[side].destroy())
    const bytesUp = side === 'inner' ? 1 : 0
    t.same(await gone.result, { bytesUp, bytesDown: 0, reason: 'error', engine: 'stream' })
    const reset = await piped(t, {}, async sockets => {
      const outer = side === 'inner' ? sockets.client : sockets.target
      const closed = new Promise(resolve => sockets[side].once('close', resolve))
      sockets[side].resume()
      outer.resetAndDestroy()
      await closed
    })
    t.equal((await reset.result).reason, side === 'inner' ? 'client-reset' : 'target-reset')
  }
})

pipedTest('a socket that someone else destroys ends the pipe', async (t, piped) => {
  for (const side of ['inner', 'upstream'] as const) {
    const pipe = await piped(t)
    pipe[side].destroy()
    t.equal((await pipe.result).reason, 'error')
  }
})

pipedTest('an error that is no reset has reason error', async (t, piped) => {
  for (const side of ['inner', 'upstream'] as const) {
    const pipe = await piped(t)
    pipe[side].destroy(Object.assign(new Error('read ETIMEDOUT'), { code: 'ETIMEDOUT' }))
    t.equal((await pipe.result).reason, 'error')
  }
})

type Step = { readonly side: 'client' | 'target'; readonly do: number | 'end' | 'reset' }

const step: fc.Arbitrary<Step> = fc.record({
  side: fc.constantFrom(...SIDES),
  do: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 150_000 }) },
    { weight: 2, arbitrary: fc.constant('end' as const) },
    { weight: 1, arbitrary: fc.constant('reset' as const) },
  ),
})

pipedTest('random exchanges end as a model predicts', async (t, piped) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async steps => {
      const pipe = await piped(t)
      const sent = { client: 0, target: 0 }
      const ended = { client: false, target: false }
      const seen = { client: receiveAll(pipe.client), target: receiveAll(pipe.target) }
      let reset: Step['side'] | undefined
      for (const { side, do: what } of steps) {
        if (ended[side] || reset) continue
        if (typeof what === 'number') {
          sent[side] += what
          pipe[side].write(Buffer.alloc(what, side))
        } else if (what === 'end') {
          ended[side] = true
          pipe[side].end()
        } else if (!ended.client && !ended.target) {
          reset = side
          pipe[side].resetAndDestroy()
        }
        if (sent[side] % 3 === 0) await pause(1)
      }
      if (!reset) {
        pipe.client.end()
        pipe.target.end()
      }
      const result = await pipe.over()
      const { bytesUp, bytesDown } = result
      if (reset) {
        t.equal(result.reason, `${reset}-reset`)
        t.ok(bytesUp <= sent.client && bytesDown <= sent.target, 'never more than was sent')
        const other = reset === 'client' ? 'target' : 'client'
        const end = await seen[other]
        if (end.bytes.length === 0) t.equal(end.error, 'ECONNRESET')
        t.ok(end.bytes.length <= (other === 'client' ? bytesDown : bytesUp))
      } else {
        t.same([result.reason, bytesUp, bytesDown], ['eof', sent.client, sent.target])
        t.equal((await seen.target).bytes.length, sent.client)
        t.equal((await seen.client).bytes.length, sent.target)
      }
      pipe.client.destroy()
      pipe.target.destroy()
    }),
    { numRuns: 40 },
  )
})

/** The most that a pipe writes at once. */
const CHUNK_BYTES = 64 * 1024

pipedTest('bytes that were still queued when the reader reset do not count', async (t, piped) => {
  let read = 0
  const { client, target, inner, result } = await piped(t, {}, ({ upstream }) => {
    upstream.on('data', (chunk: Buffer) => (read += chunk.length))
  })
  target.write(Buffer.alloc(16 * 1024 * 1024))
  await until('backpressure', () => inner.writableLength >= inner.writableHighWaterMark)
  await allArrived()
  const taken = read - inner.writableLength
  client.resetAndDestroy()
  const { bytesDown, ...rest } = await result
  t.same(rest, { bytesUp: 0, reason: 'client-reset', engine: 'stream' })
  // Native sockets count a partial write, and the pipe does not.
  t.ok(bytesDown <= taken && taken - bytesDown < CHUNK_BYTES, `${bytesDown} of ${taken} bytes`)
})

t.test('bytes behind an end are looked for only where there can be any', async t => {
  const looksOf = async (unix: boolean, isEnded: boolean): Promise<number> => {
    const { outer, inner: source } = await socketPair(t)
    const { inner: dest } = await socketPair(t)
    let looks = 0
    const system: SocketSystem = {
      ...portableSystem,
      restOf: () => {
        looks++
        return null
      },
    }
    const done = new Promise<void>(resolve => {
      const events: DirectionEvents = {
        moved: () => 0,
        paused: () => {},
        halfClosed: resolve,
        done: () => {},
        failed: () => resolve(),
      }
      const from = unix ? Object.defineProperty(source, 'localPort', { value: undefined }) : source
      if (isEnded) source.end()
      createDirection(from, dest, system, events).start(false)
    })
    outer.end('last bytes')
    await done
    return looks
  }
  t.equal(await looksOf(false, false), 0, 'only the peer has ended: the end is what it seems')
  t.equal(await looksOf(false, true), 1, 'both sides have ended')
  t.equal(await looksOf(true, false), 1, 'a UNIX socket is over as a whole')
})
