import t from 'tap'
import { ERRNO } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import {
  enqueue,
  failQueue,
  misuse,
  sendBytes,
  sendQueue,
} from '../../../src/net/native/write-queue.ts'

/** A socket that takes so many bytes at each call, or fails. */
const taking = (...results: readonly number[]): { libc: Libc; calls: () => number } => {
  let call = 0
  const send = (_fd: number, _bytes: Uint8Array, length: number): number => {
    const result = results[call++] ?? -ERRNO.EAGAIN
    return Math.min(result, length)
  }
  return { libc: { send } as unknown as Libc, calls: () => call }
}

const ticks = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

void t.test('EAGAIN counts as 0 bytes, other errors are returned', t => {
  const bytes = new Uint8Array(10)
  t.equal(sendBytes(taking(7).libc, 3, bytes), 7)
  t.equal(sendBytes(taking(-ERRNO.EAGAIN).libc, 3, bytes), 0)
  t.equal(sendBytes(taking(-ERRNO.EPIPE).libc, 3, bytes), -ERRNO.EPIPE)
  t.end()
})

void t.test('a queue is sent in order and in parts', async t => {
  const done: string[] = []
  const queue = enqueue(undefined, new Uint8Array(10), () => done.push('a'))
  t.equal(
    enqueue(queue, new Uint8Array(0), () => done.push('b')),
    queue,
  )
  enqueue(queue, new Uint8Array(5), undefined)
  t.equal(queue.length, 15)

  t.equal(sendQueue(taking().libc, 3, queue), 0)
  t.equal(queue.length, 15)
  const first = taking(4)
  t.equal(sendQueue(first.libc, 3, queue), 0)
  t.equal(first.calls(), 1, 'a socket that took a part is full')
  t.same([queue.length, queue.entries.length], [11, 3])
  await ticks()
  t.same(done, [])

  t.equal(sendQueue(taking(6, 0, 2).libc, 3, queue), 0)
  t.same([queue.length, queue.entries.length], [3, 1])
  t.same(done, [], 'never at once')
  await ticks()
  t.same(done, ['a', 'b'])
  t.equal(sendQueue(taking(3).libc, 3, queue), 0)
  t.same([queue.length, queue.entries.length], [0, 0])
})

void t.test('a failure leaves the unsent bytes', async t => {
  const seen: unknown[] = []
  const queue = enqueue(undefined, new Uint8Array(3), error => seen.push(error))
  enqueue(queue, new Uint8Array(4), error => seen.push(error))
  enqueue(queue, new Uint8Array(4), undefined)
  t.equal(sendQueue(taking(3, -ERRNO.ECONNRESET).libc, 3, queue), -ERRNO.ECONNRESET)
  const error = new Error('of the socket')
  await ticks()
  failQueue(queue, error)
  t.same([queue.length, queue.entries.length], [8, 0], 'it says how much never left')
  t.same(seen, [null, error])

  const other = enqueue(undefined, new Uint8Array(3), reason => seen.push(reason))
  failQueue(other, undefined)
  t.match(seen[2], { code: 'ERR_STREAM_DESTROYED' })
})

void t.test('a misuse has the code of Node', t => {
  t.match(misuse('ERR_STREAM_WRITE_AFTER_END', 'write after end'), {
    code: 'ERR_STREAM_WRITE_AFTER_END',
    message: 'write after end',
  })
  t.end()
})
