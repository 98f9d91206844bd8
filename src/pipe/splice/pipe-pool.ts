import { F, O } from '../../libc/constants.ts'
import type { Libc } from '../../libc/libc.ts'

/** What `take` returns if no pipe is available. */
export const NO_PIPE = -1

/**
 * A pool of pipes (pipe(7)), which splice(2) needs between two sockets. A direction uses a pipe, known by
 * its number, only while bytes are in it.
 */
export type PipePool = {
  /** Takes an empty pipe; `NO_PIPE` (-1) if the system refuses one, or the limit is reached. */
  readonly take: () => number
  /** Whether `take` is likely to succeed: the system refused no pipe lately, and the limit is not reached. */
  readonly has: () => boolean
  /** Returns an empty pipe to the pool. */
  readonly give: (pipe: number) => void
  /** Closes a pipe whose bytes will never be read. */
  readonly discard: (pipe: number) => void
  readonly readEnd: (pipe: number) => number
  readonly writeEnd: (pipe: number) => number
  /** The pipe's capacity in bytes, if all its slots hold full pages. */
  readonly size: (pipe: number) => number
  /** Closes all pipes, those in use too. The pool must not be used afterwards. */
  readonly close: () => void
}

export type PipePoolOptions = {
  readonly libc: Libc
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** The most pipes at a time, 0 or more; 256 by default. */
  readonly limit?: number
  /** Called with the errno, above 0, if the system refuses a pipe. */
  readonly onRefused?: (errno: number) => void
}

/**
 * The size of a pipe, in bytes: the maximum of an unprivileged process by default (`fs.pipe-max-size`).
 * Over loopback one worker moved 14 Gbit/s with pipes of 64 KiB, 14 to 19 with 256 KiB, 17 to 21 with 512
 * KiB, 22 to 28 with 1 MiB, and 29 by copies in large pieces. Past `fs.pipe-user-pages-soft` an
 * unprivileged process gets pipes of two pages, which it cannot enlarge.
 */
const PIPE_BYTES = 1_048_576

/**
 * Milliseconds without a further attempt after the system has refused a pipe: an attempt costs three system
 * calls.
 */
const REFUSED_MS = 1000

/**
 * The most pipes at a time if descriptors suffice. It bounds the kernel memory (256 MiB) and the
 * descriptors (512) that destinations which do not read can occupy. A direction needs a pipe only during
 * its turn or while its destination is behind; without one it copies.
 */
export const PIPES_MAX = 256

/** Empty pipes kept for reuse. Making a pipe costs about as much as moving 64 KiB. */
const SPARE_LIMIT = 16

export const createPipePool = ({
  libc,
  now,
  limit = PIPES_MAX,
  onRefused,
}: PipePoolOptions): PipePool => {
  const ends = new Int32Array(2 * limit).fill(-1)
  const sizes = new Int32Array(limit)
  /** `spare`: numbers of empty pipes that are not in use; `unused`: numbers without a pipe. */
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
