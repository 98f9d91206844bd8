import { F, O } from '../../libc/constants.ts'
import type { Libc } from '../../libc/types.ts'

/** What `take` returns where no pipe is to be had. */
export const NO_PIPE = -1

/**
 * The pipes of pipe(7) that splice(2) needs between two sockets. Each has a number. A pipe is lent to
 * one direction of a relay, and only while bytes are in it.
 */
export type PipePool = {
  /** An empty pipe's number; `NO_PIPE` (-1) where the system gives none, or too many are lent. */
  readonly take: () => number
  /** Whether it is worth asking: no pipe was refused lately, and not all are lent. */
  readonly has: () => boolean
  /** Gives an empty pipe back. */
  readonly give: (pipe: number) => void
  /** Closes a pipe with bytes in it: nobody will read them. */
  readonly discard: (pipe: number) => void
  readonly readEnd: (pipe: number) => number
  readonly writeEnd: (pipe: number) => number
  /** Bytes that it holds when its slots are full pages. */
  readonly size: (pipe: number) => number
  /** Closes all, the lent ones too. Nothing may be called after it. */
  readonly close: () => void
}

export type PipePoolOptions = {
  readonly libc: Libc
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** Pipes at a time, 0 or more; 256 by default. */
  readonly limit?: number
  /** Hears the errno, above 0, where the system gives no pipe. */
  readonly onRefused?: (errno: number) => void
}

/**
 * The size of a pipe, in bytes: the most that an unprivileged process may have by default
 * (`fs.pipe-max-size`). A smaller one is no gain over copying: with pipes of 64 KiB one worker moved
 * 14 Gbit/s over loopback, 256 KiB 14 to 19, 512 KiB 17 to 21, 1 MiB 22 to 28, copies in large pieces
 * 29. Past `fs.pipe-user-pages-soft` an unprivileged process gets pipes of two pages, and may not
 * enlarge them.
 */
const PIPE_BYTES = 1_048_576

/** How long no pipe is asked for after one was refused: asking costs three calls. */
const REFUSED_MS = 1000

/**
 * Pipes at a time, where there are descriptors enough. A direction needs one only while its destination is behind, or for the length of its
 * turn; who gets none copies. So this bounds the kernel's memory (256 MiB) and the descriptors (512)
 * that destinations which do not read can take.
 */
export const PIPES_MAX = 256

/** Empty pipes that wait for the next use. Making one costs about as much as moving 64 KiB. */
const SPARE_LIMIT = 16

export const createPipePool = ({
  libc,
  now,
  limit = PIPES_MAX,
  onRefused,
}: PipePoolOptions): PipePool => {
  const ends = new Int32Array(2 * limit).fill(-1)
  const sizes = new Int32Array(limit)
  /** Numbers that have a pipe and are not lent, and numbers that have none. */
  const spare: number[] = []
  const unused = Array.from({ length: limit }, (_, i) => limit - 1 - i)
  const made = new Int32Array(2)
  let refusedUntil = -Infinity

  const closeEnds = (pipe: number): void => {
    for (const end of [2 * pipe, 2 * pipe + 1]) {
      libc.close(ends[end] as number)
      ends[end] = -1
    }
  }

  const make = (pipe: number): boolean => {
    const result = libc.pipe2(made, O.NONBLOCK | O.CLOEXEC)
    if (result < 0) {
      onRefused?.(-result)
      return false
    }
    ends.set(made, 2 * pipe)
    const size = libc.fcntl(made[0] as number, F.SETPIPE_SZ, PIPE_BYTES)
    sizes[pipe] = size
    if (size >= 0) return true
    closeEnds(pipe)
    return false
  }

  const discard = (pipe: number): void => {
    closeEnds(pipe)
    unused.push(pipe)
  }

  return {
    take: () => {
      const kept = spare.pop()
      if (kept !== undefined) return kept
      if (now() < refusedUntil) return NO_PIPE
      const pipe = unused.pop()
      if (pipe === undefined) return NO_PIPE
      if (make(pipe)) return pipe
      unused.push(pipe)
      refusedUntil = now() + REFUSED_MS
      return NO_PIPE
    },
    has: () => spare.length > 0 || (unused.length > 0 && now() >= refusedUntil),
    give: pipe => {
      if (spare.length < SPARE_LIMIT) spare.push(pipe)
      else discard(pipe)
    },
    discard,
    readEnd: pipe => ends[2 * pipe] as number,
    writeEnd: pipe => ends[2 * pipe + 1] as number,
    size: pipe => sizes[pipe] as number,
    close: () => {
      for (let pipe = 0; pipe < limit; pipe++) if (ends[2 * pipe] !== -1) closeEnds(pipe)
    },
  }
}
