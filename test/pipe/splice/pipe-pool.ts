import { ERRNO, F } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import type { PipePool } from '../../../src/pipe/splice/pipe-pool.ts'
import { createPipePool, NO_PIPE } from '../../../src/pipe/splice/pipe-pool.ts'
import { nativeTest } from '../../fixtures/native-test.ts'

const clock = { ms: 0 }
const now = (): number => clock.ms

/** How many calls were made to what may fail. */
const counted = (
  libc: Libc,
): { readonly libc: Libc; readonly calls: { pipe2: number; close: number } } => {
  const calls = { pipe2: 0, close: 0 }
  const counting: Libc = {
    ...libc,
    pipe2: (ends, flags) => {
      calls.pipe2++
      return libc.pipe2(ends, flags)
    },
    close: fd => {
      calls.close++
      return libc.close(fd)
    },
  }
  return { libc: counting, calls }
}

const takeAll = (pool: PipePool, count: number): number[] =>
  Array.from({ length: count }, () => pool.take())

nativeTest('a pipe carries bytes, and has the largest size', (t, libc, defer) => {
  const pool = createPipePool({ libc, now })
  defer(pool.close)
  t.ok(pool.has())
  const pipe = pool.take()
  t.not(pipe, NO_PIPE)
  const size = libc.fcntl(pool.readEnd(pipe), F.GETPIPE_SZ, 0)
  t.equal(pool.size(pipe), size)
  t.equal(size, 1_048_576)
  const bytes = Buffer.from('through')
  t.equal(libc.write(pool.writeEnd(pipe), bytes, 7), 7)
  const got = Buffer.alloc(7)
  t.equal(libc.read(pool.readEnd(pipe), got, 7), 7)
  t.equal(got.toString(), 'through')
  t.equal(libc.read(pool.readEnd(pipe), got, 7), -ERRNO.EAGAIN, 'it does not wait')
})

nativeTest('a bounded number of pipes is reused', (t, libc, defer) => {
  const { libc: counting, calls } = counted(libc)
  const pool = createPipePool({ libc: counting, now })
  defer(pool.close)
  const taken = takeAll(pool, 20)
  t.equal(new Set(taken).size, 20)
  t.equal(calls.pipe2, 20)
  taken.forEach(pool.give)
  t.equal(calls.close, 8, '16 are kept')
  takeAll(pool, 16)
  t.equal(calls.pipe2, 20, 'none was made anew')
  const next = pool.take()
  t.equal(calls.pipe2, 21)
  t.ok(pool.readEnd(next) >= 0)
  pool.discard(next)
  t.equal(calls.close, 10, 'one with bytes in it is closed at once')
})

nativeTest('at most the limit are in use', (t, libc, defer) => {
  const pool = createPipePool({ libc, now, limit: 2 })
  defer(pool.close)
  const [one = NO_PIPE, two = NO_PIPE, three] = takeAll(pool, 3)
  t.equal(three, NO_PIPE)
  t.equal(pool.has(), false)
  pool.give(one)
  t.equal(pool.has(), true)
  t.equal(pool.take(), one)
  pool.discard(two)
  t.equal(pool.has(), true)
  t.not(pool.take(), NO_PIPE)
})

nativeTest('after a refusal no pipe is requested for a second', (t, libc, defer) => {
  let [asked, isRefused] = [0, true]
  const refusals: number[] = []
  const pool = createPipePool({
    libc: {
      ...libc,
      pipe2: (ends, flags) => {
        asked++
        return isRefused ? -ERRNO.EMFILE : libc.pipe2(ends, flags)
      },
    },
    now,
    onRefused: errno => void refusals.push(errno),
  })
  defer(pool.close)
  t.equal(pool.take(), NO_PIPE)
  t.equal(pool.take(), NO_PIPE)
  t.same(refusals, [ERRNO.EMFILE])
  t.equal(pool.has(), false)
  t.equal(asked, 1)
  clock.ms += 999
  t.equal(pool.has(), false)
  isRefused = false
  clock.ms += 1
  t.equal(pool.has(), true)
  t.not(pool.take(), NO_PIPE)
})

nativeTest('a pipe that may not be enlarged, past the quota, is not used', (t, libc, defer) => {
  let isPast = true
  const { libc: counting, calls } = counted(libc)
  const pool = createPipePool({
    libc: {
      ...counting,
      fcntl: (fd, command, value) => (isPast ? -ERRNO.EPERM : libc.fcntl(fd, command, value)),
    },
    now,
  })
  defer(pool.close)
  t.equal(pool.take(), NO_PIPE)
  t.equal(pool.has(), false)
  t.same(calls, { pipe2: 1, close: 2 })
  isPast = false
  clock.ms += 1000
  t.equal(pool.size(pool.take()), 1_048_576)
})
