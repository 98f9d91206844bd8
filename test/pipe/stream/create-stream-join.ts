import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Test } from 'tap'
import t from 'tap'
import { socketDescriptor, unacknowledged } from '../../../src/libc/connected-socket.ts'
import { loadLibc } from '../../../src/libc/load-libc.ts'
import { DELIVERY_TIMEOUT_MS } from '../../../src/pipe/delivery.ts'
import type { PipeResult } from '../../../src/pipe/join.ts'
import {
  createSilenceWatch,
  createStreamJoin,
} from '../../../src/pipe/stream/create-stream-join.ts'
import { createLibcSystem, portableSystem } from '../../../src/pipe/stream/socket-system.ts'
import { allArrived, standsStill } from '../../fixtures/all-arrived.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { pipedTest } from '../../fixtures/piped-test.ts'
import type { PipedSocket } from '../../fixtures/piped.ts'
import {
  HALF_CLOSE_TIMEOUT_MS,
  IDLE_TIMEOUT_MS,
  piped as pipeBetween,
} from '../../fixtures/piped.ts'
import { receiveAll, socketPair, unixPair, until } from '../../fixtures/socket-pair.ts'
import { promptSystem } from '../../fixtures/socket-systems.ts'

const MIB = 1024 * 1024
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const sendInPieces = async (socket: Socket, bytes: Buffer): Promise<void> => {
  for (let at = 0; at < bytes.length;) {
    const size = 1 + Math.floor(Math.random() ** 4 * 200_000)
    if (!socket.write(bytes.subarray(at, at + size))) await once(socket, 'drain')
    at += size
  }
  socket.end()
}

pipedTest('8 MiB in random pieces both ways at once arrive intact', async (t, piped) => {
  const { client, target, result } = await piped(t)
  const [request, answer] = [randomBytes(8 * MIB), randomBytes(8 * MIB)]
  const [atTarget, atClient] = await Promise.all([
    receiveAll(target),
    receiveAll(client),
    sendInPieces(client, request),
    sendInPieces(target, answer),
  ])
  t.equal(hash(atTarget.bytes), hash(request))
  t.equal(hash(atClient.bytes), hash(answer))
  t.same(await result, {
    bytesUp: 8 * MIB,
    bytesDown: 8 * MIB,
    reason: 'eof',
    engine: 'stream',
  })
})

pipedTest('its bytes can be read while it runs', async (t, piped) => {
  const { client, target, pipe, endPipe, result } = await piped(t, { sentBytes: 2 })
  t.same([pipe.bytesUp(), pipe.bytesDown()], [2, 0])
  client.write('12345')
  target.write('123')
  await until('the bytes', () => pipe.bytesUp() === 7 && pipe.bytesDown() === 3)
  endPipe()
  t.match(await result, { bytesUp: 7, bytesDown: 3 })
})

pipedTest('1 MiB after the half-close of the other side arrives', async (t, piped) => {
  for (const first of ['client', 'target'] as const) {
    const pipe = await piped(t)
    const [one, other] =
      first === 'client' ? [pipe.client, pipe.target] : [pipe.target, pipe.client]
    const atOther = receiveAll(other)
    const atOne = receiveAll(one)
    one.end('question')
    t.equal((await atOther).bytes.toString(), 'question', `${first} ends first`)
    const answer = randomBytes(MIB)
    other.end(answer)
    t.equal(hash((await atOne).bytes), hash(answer))
    const { reason, bytesUp, bytesDown } = await pipe.result
    t.same([reason, bytesUp + bytesDown], ['eof', 8 + MIB])
  }
})

pipedTest('a target may send first', async (t, piped) => {
  const { client, target, result } = await piped(t, {}, async sockets => {
    sockets.target.write('220 hello')
    await allArrived()
  })
  const [greeting] = (await once(client.resume(), 'data')) as [Buffer]
  t.equal(greeting.toString(), '220 hello')
  client.end()
  target.resume().end()
  t.same(await result, { bytesUp: 0, bytesDown: 9, reason: 'eof', engine: 'stream' })
})

pipedTest('early bytes go first, once, and count', async (t, piped) => {
  const { client, target, result } = await piped(t, { early: Buffer.from('early ') })
  const atTarget = receiveAll(target)
  client.resume().end('late')
  t.equal((await atTarget).bytes.toString(), 'early late')
  target.end()
  t.equal((await result).bytesUp, 10)
})

pipedTest(
  "early bytes beyond the target's buffer pause the client and still arrive",
  async (t, piped) => {
    const early = randomBytes(6 * MIB)
    const { client, target, upstream, result } = await piped(t, { early })
    client.resume().end('late')
    await until('backpressure', () => upstream.writableLength > 0)
    const { bytes } = await receiveAll(target)
    t.equal(hash(bytes), hash(Buffer.concat([early, Buffer.from('late')])))
    target.end()
    t.equal((await result).bytesUp, early.length + 4)
  },
)

pipedTest(
  'early bytes of a client that has already ended are followed by FIN',
  async (t, piped) => {
    for (const early of [Buffer.from('GET /'), undefined]) {
      const { client, target, result } = await piped(
        t,
        { ...(early && { early }), clientEnded: true },
        async sockets => {
          sockets.client.end()
          sockets.inner.resume()
          await once(sockets.inner, 'end')
          sockets.inner.pause()
        },
      )
      t.equal((await receiveAll(target)).bytes.toString(), early ? 'GET /' : '')
      const atClient = receiveAll(client)
      target.end('page')
      t.equal((await atClient).bytes.toString(), 'page')
      t.same(await result, {
        bytesUp: early ? 5 : 0,
        bytesDown: 4,
        reason: 'eof',
        engine: 'stream',
      })
    }
  },
)

pipedTest(
  'bytes that were sent before the pipe began count, and are not sent again',
  async (t, piped) => {
    for (const size of [5, 6 * MIB]) {
      const sent = randomBytes(size)
      for (const early of [undefined, Buffer.from('early')]) {
        const { target, client, result } = await piped(
          t,
          { sentBytes: size, clientEnded: true, ...(early && { early }) },
          ({ upstream }) => {
            upstream.write(sent)
            if (size > MIB) t.ok(upstream.writableLength > 0, 'not all of it is on its way')
          },
        )
        const { bytes } = await receiveAll(target)
        t.equal(hash(bytes), hash(Buffer.concat([sent, early ?? Buffer.alloc(0)])))
        target.end('answer')
        t.equal((await receiveAll(client)).bytes.toString(), 'answer')
        t.match(await result, { bytesUp: bytes.length, bytesDown: 6, reason: 'eof' })
      }
    }
  },
)

pipedTest('earlier bytes that were never sent do not count', async (t, piped, kind) => {
  const { result, endPipe } = await piped(
    t,
    { sentBytes: 16 * MIB },
    ({ upstream }) => void upstream.write(Buffer.alloc(16 * MIB)),
  )
  endPipe()
  const { bytesUp } = await result
  // Node does not say how much of a write was taken.
  if (kind === 'node') t.equal(bytesUp, 0)
  else t.ok(bytesUp > 0 && bytesUp < 16 * MIB)
})

pipedTest('a slow reader pauses the sender, and few bytes are buffered', async (t, piped) => {
  const { client, target, inner, upstream, result } = await piped(t)
  const block = Buffer.alloc(MIB)
  let sent = 0
  const feed = (): void => {
    do sent += block.length
    while (target.write(block) && sent < 64 * MIB)
  }
  target.on('drain', feed)
  feed()
  await until('backpressure', () => inner.writableLength > 0)
  const heldBytes = (): number => inner.writableLength + upstream.readableLength
  await standsStill(heldBytes)
  const held = heldBytes()
  t.ok(held < MIB, `${held} bytes are held`)
  t.ok(sent < 64 * MIB, 'the sender is held back')
  target.off('drain', feed).end()
  client.end()
  const { bytes } = await receiveAll(client)
  t.equal(bytes.length, sent, 'once it reads, it gets everything')
  target.resume()
  t.equal((await result).bytesDown, sent)
})

t.test('a UNIX client that has closed loses no bytes to a slow target', async t => {
  let pairs = 0
  const pair = (t: Test) => (pairs++ === 0 ? unixPair(t) : socketPair(t))
  const { client, target, upstream, result, clock } = await pipeBetween(t, {}, undefined, pair)
  client.write(randomBytes(16 * MIB))
  await until('backpressure', () => upstream.writableLength > 0)
  await standsStill(() => client.bytesWritten)
  client.destroy()
  await allArrived()
  for (let passedMs = 0; passedMs <= 2 * DELIVERY_TIMEOUT_MS; passedMs += 500) {
    clock.advance(500)
    await allArrived()
  }
  const { bytes, error } = await receiveAll(target)
  t.equal(error, null)
  target.end()
  t.match(await result, { reason: 'eof', bytesUp: bytes.length })
})

pipedTest('the idle limit', async (t, piped) => {
  const { client, target, result, clock } = await piped(t)
  clock.advance(IDLE_TIMEOUT_MS - 1)
  client.write('x')
  await once(target.resume(), 'data')
  clock.advance(IDLE_TIMEOUT_MS - 1)
  target.write('y')
  await once(client.resume(), 'data')
  clock.advance(IDLE_TIMEOUT_MS - 1)
  t.equal(clock.pending(), 1, 'bytes either way put it off')
  const atClient = receiveAll(client)
  clock.advance(1)
  t.same(await result, { bytesUp: 1, bytesDown: 1, reason: 'idle', engine: 'stream' })
  t.equal((await atClient).error, null, 'it closes in order')
})

pipedTest('the half-close limit counts the silence of the other side', async (t, piped) => {
  const { client, target, inner, result, clock } = await piped(t)
  clock.advance(IDLE_TIMEOUT_MS - 1)
  client.end()
  await receiveAll(target)
  await until('half-close', () => inner.readableEnded)
  clock.advance(HALF_CLOSE_TIMEOUT_MS - 1)
  target.write('still here')
  await once(client.resume(), 'data')
  clock.advance(HALF_CLOSE_TIMEOUT_MS - 1)
  t.equal(clock.pending(), 1)
  clock.advance(1)
  t.same(await result, { bytesUp: 0, bytesDown: 10, reason: 'half-close', engine: 'stream' })
})

pipedTest('an idle limit shorter than the half-close limit stays in force', async (t, piped) => {
  const { client, target, inner, result, clock } = await piped(t, { idleTimeoutMs: 100 })
  client.end()
  await receiveAll(target)
  await until('half-close', () => inner.readableEnded)
  clock.advance(100)
  t.equal((await result).reason, 'idle')
})

pipedTest('a pipe can be ended at once, and once', async (t, piped) => {
  const { result, endPipe } = await piped(t)
  endPipe()
  t.same(await result, { bytesUp: 0, bytesDown: 0, reason: 'drain', engine: 'stream' })
  endPipe()
})

t.test('a pipe that ends at once reports that after the call', async t => {
  const [client, target] = [await socketPair(t), await socketPair(t)]
  client.inner.destroy()
  const limits = { idleTimeoutMs: 1, halfCloseTimeoutMs: 1 }
  const results: PipeResult[] = []
  createStreamJoin({ clock: createHandClock(), system: promptSystem })(
    client.inner,
    target.inner,
    limits,
    result => results.push(result),
  )
  t.same(results, [])
  await Promise.resolve()
  t.match(results, [{ reason: 'error', engine: 'stream' }])
})

pipedTest('queued bytes make the end an RST', async (t, piped) => {
  const { client, target, inner, result, endPipe } = await piped(t)
  target.write(Buffer.alloc(16 * MIB))
  await until('backpressure', () => inner.writableLength > 0)
  endPipe()
  const { bytesDown } = await result
  const seen = await receiveAll(client)
  t.ok(seen.bytes.length <= bytesDown, 'what did not leave does not count')
  t.ok(bytesDown < 16 * MIB)
})

const loaded = loadLibc()
const SYSTEMS = {
  'asking the system': loaded.ok ? createLibcSystem(loaded.libc) : null,
  'by the runtime alone': portableSystem,
}

const KIB = 1024
const SIZES = [1, 64 * KIB - 1, 64 * KIB + 1, 100_000, MIB + 1, 6 * MIB]
const SIDES = ['client', 'target'] as const

/** Sends all that can leave while nobody reads, and resets. @returns how many bytes had left, which are to arrive */
const sendAndReset = async (socket: Socket, bytes: Buffer): Promise<number> => {
  if (!loaded.ok) throw new Error(loaded.reason)
  const { libc } = loaded
  const left = (): number =>
    socket.bytesWritten - socket.writableLength - unacknowledged(libc, socketDescriptor(socket))
  socket.write(bytes)
  let last = -1
  for (let same = 0; left() < bytes.length && same < 10; same = last === left() ? same + 1 : 0) {
    last = left()
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  const sent = left()
  socket.resetAndDestroy()
  return sent
}

/** As a read that found the reset would. */
const failWithReset = async (socket: PipedSocket): Promise<void> => {
  const closed = once(socket, 'close')
  socket.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
  await closed.catch(() => {})
}

for (const [name, system] of Object.entries(SYSTEMS)) {
  // What has left a socket is known by the C library alone.
  const skip = loaded.ok ? false : `the C library cannot be had: ${loaded.reason}`
  if (skip || !system) {
    void t.test(`bytes sent before a reset, ${name}`, { skip }, () => {})
    continue
  }

  pipedTest(`bytes sent before a reset are delivered before it, ${name}`, async (t, piped) => {
    for (const side of SIDES) {
      const other = side === 'client' ? 'target' : 'client'
      for (const size of SIZES) {
        const pipe = await piped(t, {}, undefined, undefined, system)
        const bytes = randomBytes(size)
        const left = await sendAndReset(pipe[side], bytes)
        // It reads late, and in time.
        pipe.clock.advance(500)
        const chunks: Buffer[] = []
        let got = 0
        pipe[other].on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          got += chunk.length
        })
        pipe[other].resume()
        await until(`${left} of ${size} bytes from the ${side}`, () => got >= left)
        // The runtime alone does not know that all has arrived.
        if (system === portableSystem) pipe.clock.advance(DELIVERY_TIMEOUT_MS)
        const { reason, bytesUp, bytesDown } = await pipe.over()
        t.equal(reason, `${side}-reset`)
        t.ok(Buffer.concat(chunks).equals(bytes.subarray(0, got)))
        t.same([bytesUp, bytesDown], side === 'client' ? [got, 0] : [0, got])
        pipe[other].destroy()
      }
    }
  })

  pipedTest(`a peer that never reads is reset after the timeout, ${name}`, async (t, piped) => {
    for (const side of SIDES) {
      const other = side === 'client' ? 'target' : 'client'
      const pipe = await piped(t, { idleTimeoutMs: 1000 }, undefined, undefined, system)
      const full = side === 'client' ? pipe.upstream : pipe.inner
      pipe[side].write(Buffer.alloc(32 * MIB))
      await until('backpressure', () => full.writableLength >= full.writableHighWaterMark)
      const source = side === 'client' ? pipe.inner : pipe.upstream
      pipe[side].resetAndDestroy()
      await failWithReset(source)
      pipe.clock.advance(DELIVERY_TIMEOUT_MS - 1)
      t.equal(pipe.clock.pending(), 1)
      t.notOk(full.destroyed)
      pipe.clock.advance(1)
      t.equal((await pipe.result).reason, `${side}-reset`)
      const seen = await receiveAll(pipe[other])
      t.ok(seen.bytes.length > 0)
      pipe[other].destroy()
    }
  })

  pipedTest(
    `a pipe that is ended meanwhile, or reset by both, ends at once, ${name}`,
    async (t, piped) => {
      for (const how of ['end', 'reset'] as const) {
        const pipe = await piped(t, {}, undefined, undefined, system)
        await sendAndReset(pipe.target, randomBytes(6 * MIB))
        await failWithReset(pipe.upstream)
        t.equal(pipe.clock.pending(), 1)
        if (how === 'end') pipe.endPipe()
        else await failWithReset(pipe.inner)
        t.equal((await pipe.result).reason, 'target-reset')
        pipe.client.destroy()
      }
    },
  )
}

pipedTest('a reply from before a reset is forwarded although sending fails', async (t, piped) => {
  if (!loaded.ok) return t.comment(loaded.reason)
  const system = createLibcSystem(loaded.libc)
  for (const side of SIDES) {
    const other = side === 'client' ? 'target' : 'client'
    const pipe = await piped(t, {}, undefined, undefined, system)
    const failing = side === 'client' ? pipe.inner : pipe.upstream
    // It is not read just now: the failed write is met first.
    failing.pause()
    const answer = randomBytes(300_000)
    const left = await sendAndReset(pipe[side], answer)
    t.ok(left > 64 * KIB, 'more than the stream keeps')
    const seen = receiveAll(pipe[other])
    pipe[other].write('more')
    const { reason, bytesUp, bytesDown } = await pipe.over()
    t.equal(reason, `${side}-reset`)
    t.same([bytesUp, bytesDown], side === 'client' ? [left, 0] : [0, left])
    t.ok((await seen).bytes.equals(answer.subarray(0, left)))
    pipe[other].destroy()
  }
})

t.test('silence counts from the last byte, with one timer', async t => {
  const clock = createHandClock()
  let expired = 0
  const watch = createSilenceWatch(clock, 100, () => expired++)
  for (let i = 0; i < 50; i++) {
    clock.advance(99)
    watch.moved()
    t.equal(clock.pending(), 1)
  }
  clock.advance(99)
  t.equal(expired, 0)
  clock.advance(1)
  t.equal(expired, 1)
  t.equal(clock.pending(), 0)
})

t.test('a timer that fires early waits for the rest', async t => {
  const clock = createHandClock()
  let early = 0.7
  let expired = 0
  createSilenceWatch(
    {
      now: clock.now,
      after: (ms, run) => {
        const cancel = clock.after(ms - early, run)
        early = 0
        return cancel
      },
    },
    100,
    () => expired++,
  )
  clock.advance(99.5)
  t.equal(expired, 0)
  clock.advance(0.5)
  t.equal(expired, 1)
})

t.test('the limit can be shortened, not lengthened', async t => {
  const clock = createHandClock()
  let expired = 0
  const watch = createSilenceWatch(clock, 100, () => expired++)
  watch.shorten(200)
  clock.advance(10)
  watch.shorten(50)
  t.equal(clock.pending(), 1)
  clock.advance(39)
  t.equal(expired, 0)
  clock.advance(1)
  t.equal(expired, 1)
})

t.test('a shortened limit that has passed expires at once', async t => {
  const clock = createHandClock()
  let expired = 0
  const watch = createSilenceWatch(clock, 100, () => expired++)
  clock.advance(60)
  watch.shorten(50)
  clock.advance(0)
  t.equal(expired, 1)
})

t.test('stop leaves no timer', async t => {
  const clock = createHandClock()
  const watch = createSilenceWatch(clock, 100, () => t.fail('it was stopped'))
  watch.stop()
  t.equal(clock.pending(), 0)
  clock.advance(1000)
})
