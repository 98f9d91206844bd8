import { EventEmitter } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import type { StreamSocket } from '../../../../src/core/stream-socket.ts'
import { createPoller } from '../../../../src/libc/poller.ts'
import {
  SocketStream,
  TargetStream,
} from '../../../../src/listener/protocols/http/socket-stream.ts'
import { allArrived } from '../../../fixtures/all-arrived.ts'
import { eventually } from '../../../fixtures/in-parallel.ts'
import { nativeTest } from '../../../fixtures/native-test.ts'
import { receiveAll } from '../../../fixtures/socket-pair.ts'
import type { Pair } from '../../../fixtures/tried-pair.ts'
import { nativePair, nodePair } from '../../../fixtures/tried-pair.ts'

const MIB = 1024 * 1024

/** All that a stream gives, and how it ends. */
const readAll = (stream: SocketStream) => {
  const seen = { bytes: 0, text: '', end: '' }
  stream.on('data', (chunk: Buffer) => {
    seen.bytes += chunk.length
    seen.text = (seen.text + chunk.toString()).slice(-20)
  })
  stream.on('end', () => (seen.end += 'end '))
  stream.on('error', (error: NodeJS.ErrnoException) => (seen.end += `${error.code} `))
  stream.on('close', () => (seen.end += 'close'))
  return seen
}

const target = (socket: StreamSocket) => {
  socket.on('error', () => {})
  let moved = 0
  const stream = new TargetStream(socket, count => (moved += count))
  return { stream, moved: () => moved }
}

type Case = (t: Test, pair: Pair) => Promise<unknown>

const CASES: Readonly<Record<string, Case>> = {
  'bytes and FIN both ways': async (t, { outer, inner }) => {
    const { stream, moved } = target(inner)
    const seen = readAll(stream)
    const got = receiveAll(outer)
    stream.cork()
    stream.write('head ')
    stream.write(Buffer.from('body'))
    stream.uncork()
    outer.end('answer')
    t.ok(await eventually(() => seen.end === 'end '))
    t.equal(seen.text, 'answer')
    stream.end()
    t.same(await got, { bytes: Buffer.from('head body'), error: null })
    t.ok(await eventually(() => seen.end === 'end close'))
    t.equal(moved(), 15)
    t.equal(inner.closed, true)
  },
  'a reader that waits stops the target, and a target that waits the writer': async (
    t,
    { outer, inner },
  ) => {
    const { stream } = target(inner)
    stream.pause()
    for (let i = 0; i < 32; i++) outer.write(Buffer.alloc(MIB))
    await allArrived()
    t.ok(stream.readableLength < MIB, 'little is kept')
    const seen = readAll(stream)
    stream.resume()
    t.ok(await eventually(() => seen.bytes === 32 * MIB))
    let isWritten = false
    stream.write(Buffer.alloc(32 * MIB), () => (isWritten = true))
    await allArrived()
    t.equal(isWritten, false)
    outer.resume()
    t.ok(await eventually(() => isWritten))
    stream.destroy()
    t.ok(await eventually(() => inner.closed))
  },
  'a reset behind bytes is an error behind bytes, and no end': async (t, { outer, inner }) => {
    const { stream } = target(inner)
    stream.pause()
    stream.read(0)
    outer.write('bytes')
    t.ok(await eventually(() => stream.readableLength === 5))
    outer.resetAndDestroy()
    t.ok(await eventually(() => stream.hasFailed() || inner.readableEnded))
    const seen = readAll(stream)
    stream.resume()
    t.ok(await eventually(() => seen.end.endsWith('close')))
    t.equal(seen.text, 'bytes')
    t.match(seen.end, /^(?:ECONNRESET|EPIPE) close$/)
  },
  'a failed write does not discard the answer before it': async (t, { outer, inner }) => {
    const { stream } = target(inner)
    stream.pause()
    stream.read(0)
    outer.write('early answer')
    t.ok(await eventually(() => stream.readableLength === 12))
    outer.resetAndDestroy()
    await allArrived()
    stream.write('more')
    stream.write('and more')
    t.ok(await eventually(() => stream.hasFailed()))
    const seen = readAll(stream)
    stream.resume()
    t.ok(await eventually(() => seen.end.endsWith('close')))
    t.equal(seen.text, 'early answer')
  },
  'bytes on an idle connection close it': async (t, { outer, inner }) => {
    const { stream } = target(inner)
    stream.resume()
    stream.isBusy = false
    t.equal(stream.isReusable(), true)
    outer.write('HTTP/1.1 200 OK\r\n\r\n')
    t.ok(await eventually(() => inner.closed))
    t.equal(stream.isReusable(), false)
  },
  'a FIN on an idle connection closes it': async (t, { outer, inner }) => {
    const { stream } = target(inner)
    stream.resume()
    stream.isBusy = false
    outer.end()
    t.ok(await eventually(() => inner.closed))
    t.equal(stream.isReusable(), false)
  },
}

for (const [name, run] of Object.entries(CASES)) {
  nativeTest(`native: ${name}`, async (t, libc, defer) => {
    const poller = createPoller(libc)
    defer(() => poller.close())
    await run(t, await nativePair(libc, poller, defer))
  })
  nativeTest(`Node: ${name}`, async (t, _libc, defer) => {
    await run(t, await nodePair(defer))
  })
}

nativeTest(
  'the owner of a stream reads, and decides what its end does',
  async (t, _libc, defer) => {
    const { outer, inner } = await nodePair(defer)
    const calls: string[] = []
    const stream = new SocketStream(inner, {
      wanted: () => calls.push('wanted'),
      ended: () => calls.push('ended'),
      wrote: count => calls.push(`wrote ${count}`),
    })
    const got = receiveAll(outer)
    stream.end('bye')
    t.ok(await eventually(() => calls.includes('ended')))
    t.same(calls, ['wrote 3', 'ended'])
    t.equal(inner.writableEnded, false)
    const seen = readAll(stream)
    stream.push(Buffer.from('a'))
    t.ok(await eventually(() => seen.text === 'a' && calls.includes('wanted')))
    stream.destroy()
    t.equal((await got).bytes.toString(), 'bye')
    t.ok(await eventually(() => inner.closed))
  },
)

t.test('a held stream passes on what was pushed, and wants more when it is released', async t => {
  const { inner } = await nodePair(end => t.teardown(end))
  let wanted = 0
  const stream = new SocketStream(inner, { wanted: () => wanted++ })
  const seen = readAll(stream)
  t.ok(await eventually(() => wanted > 0))
  wanted = 0
  stream.hold()
  t.equal(stream.push(Buffer.from('a')), false)
  t.ok(await eventually(() => seen.text === 'a'))
  await new Promise(resolve => void setImmediate(resolve))
  t.equal(wanted, 0)
  stream.release()
  t.equal(wanted, 1)
  stream.release()
  t.equal(wanted, 1, 'once')
  t.equal(stream.push(Buffer.from('b')), true)
  stream.hold()
  stream.release()
  t.ok(await eventually(() => seen.text === 'ab'))
  stream.destroy()
})

t.test(
  'bytes with much framing are pushed in slices, one in each turn of the event loop',
  async t => {
    const { inner } = await nodePair(end => t.teardown(end))
    let wanted = 0
    const stream = new SocketStream(inner, { wanted: () => wanted++ })
    const sizes: number[] = []
    stream.on('data', (chunk: Buffer) => sizes.push(chunk.length))
    const bytes = Buffer.alloc(10_000)
    await new Promise(resolve => void setImmediate(resolve))
    wanted = 0
    t.equal(stream.push(bytes), false)
    t.same(sizes, [4096], 'nothing is known of the first bytes')
    t.ok(await eventually(() => sizes.length === 3))
    t.same(sizes.splice(0), [4096, 4096, 1808])
    t.ok(wanted > 0)

    stream.passed(8751)
    t.equal(stream.push(bytes), true)
    t.same(sizes.splice(0), [10_000], 'no more than one of eight bytes was framing')
    stream.passed(8749)
    t.equal(stream.push(bytes), false)
    stream.hold()
    await new Promise(resolve => void setImmediate(resolve))
    await new Promise(resolve => void setImmediate(resolve))
    t.same(sizes, [4096])
    t.equal(stream.push(Buffer.alloc(1000)), false, 'more than it wanted is kept')
    stream.push(null)
    stream.release()
    t.ok(await eventually(() => stream.readableEnded))
    t.equal(
      sizes.reduce((sum, size) => sum + size),
      11_000,
    )
    stream.destroy()
  },
)

t.test('an error waits for the slices', async t => {
  const { inner } = await nodePair(end => t.teardown(end))
  const stream = new SocketStream(inner, { wanted: () => {} })
  const seen = readAll(stream)
  let reads = 0
  stream.push(Buffer.alloc(10_000))
  stream.whenRead(() => reads++)
  stream.failAfterBytes(Object.assign(new Error('x'), { code: 'EX' }))
  t.ok(await eventually(() => seen.end.includes('close')))
  t.equal(seen.bytes, 10_000)
  t.equal(seen.end, 'EX close')
  t.equal(reads, 1)
})

t.test('a stream over a closed socket closes', async t => {
  const { inner } = await nodePair(end => t.teardown(end))
  inner.destroy()
  t.ok(await eventually(() => inner.closed))
  const stream = new SocketStream(inner, { wanted: () => {} })
  stream.destroy()
  t.ok(await eventually(() => stream.closed))
})

t.test('a connection that was reset is not over in order, although Node says so', async t => {
  const socket = Object.assign(new EventEmitter(), {
    remoteAddress: undefined,
    writable: true,
    writableEnded: false,
    destroyed: false,
    closed: false,
    write: (_bytes: Uint8Array, done: (error: Error) => void) => {
      process.nextTick(done, Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
      return true
    },
    resume: () => {},
    pause: () => {},
    destroy: () => process.nextTick(() => socket.emit('close')),
  })
  const seen = readAll(target(socket as unknown as StreamSocket).stream)
  socket.emit('data', Buffer.from('short'))
  socket.emit('end')
  t.ok(await eventually(() => seen.end.includes('close')))
  t.equal(seen.text, 'short')
  t.notMatch(seen.end, 'end')
})
