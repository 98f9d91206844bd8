import { fstatSync, write, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { CHUNK_BYTES, createLineQueue } from './line-queue.ts'

/** The most that waits for a slow reader, in bytes. */
export const LOG_QUEUE_MAX_BYTES = 16 * 1024 * 1024

/**
 * How long lines are gathered for one write where one follows the other. A write costs some 20 us, so
 * that one for each turn is a tenth of all that a connection costs.
 */
export const GATHER_MS = 10

/** So many writes go in their own turn before lines are gathered, and as many more each 200 ms: a quiet log is prompt. */
export const PROMPT_WRITES = 20

/** How soon a reader that is full, or a disk, is tried again, doubled from the first to the last. */
const RETRY_MIN_MS = 1
const RETRY_MAX_MS = { reader: 64, disk: 1000 } as const

/** Without progress for so long a flush gives up: a reader that has stalled, or a disk that is full, must not keep the process. */
const FLUSH_STALL_MS = { reader: 5000, disk: 1000 } as const
const EXIT_STALL_MS = 1000
const EXIT_RETRY_MS = 10

/** Where the lines of the log go. */
export type Destination = {
  /** Takes one line, with its line break. Never blocks and never throws. */
  readonly write: (line: string) => void
  /** Resolves once all is written, the reader is gone, or it has taken nothing for 5 s; a full disk gets 1 s. */
  readonly flush: () => Promise<void>
  /** Writes what waits before the process dies; gives up after 1 s in which the reader takes nothing, and where the disk is full. */
  readonly flushSync: () => void
}

export type DestinationOptions = {
  readonly fd: number
  /** Bytes that may wait; 16 MiB by default. */
  readonly maxBytes?: number
  /** Called with the number of lines dropped, once no more than half of what may wait does. */
  readonly onDropped?: (lines: number) => void
}

const isFull = (code: string | undefined): boolean => code === 'EAGAIN' || code === 'EBUSY'

/** What ends when somebody makes space, or a disk works again. */
const DISK_CODES = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO'])

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined

/** Whether a write to this returns at once instead of waiting for a reader. */
const isNonBlocking = (fd: number): boolean => {
  try {
    const stat = fstatSync(fd)
    if (!stat.isFIFO() && !stat.isSocket()) return false
  } catch {
    return false
  }
  // Node puts a pipe or socket into non-blocking mode when its stream is first asked for. Without
  // that a stalled reader would hold a thread of the pool, and the process could not even exit.
  const stream = fd === 1 ? process.stdout : fd === 2 ? process.stderr : undefined
  return stream !== undefined
}

/**
 * Writes lines to a file descriptor behind the back of those who log. A pipe or socket is written to
 * without blocking; a file or a terminal, whose writes may block, by the thread pool. A reader that is
 * gone (EPIPE) ends the log, not the process. A disk that is full is a reader that takes nothing: lines wait
 * as far as there is space for them in memory, those beyond are counted, and a line of which a part was written is
 * completed first.
 */
export const createDestination = (options: DestinationOptions): Destination => {
  const { fd, maxBytes = LOG_QUEUE_MAX_BYTES, onDropped } = options
  const nonBlocking = isNonBlocking(fd)
  const queue = createLineQueue(maxBytes)
  let dropped = 0
  let gone = false
  let isDiskFull = false
  /** From the first line on until nothing waits. */
  let busy = false
  /** A chunk is with the thread pool. */
  let inPool = false
  let retryMs = RETRY_MIN_MS
  /** Prompt writes that are left, at that time. */
  let prompt = PROMPT_WRITES
  let promptAt = performance.now()
  let flushes: (() => void)[] = []
  let stall: NodeJS.Timeout | undefined

  const settle = (): void => {
    clearTimeout(stall)
    const done = flushes
    flushes = []
    for (const resolve of done) resolve()
  }

  const watchStall = (by: 'reader' | 'disk' = 'reader'): void => {
    clearTimeout(stall)
    if (flushes.length > 0) stall = setTimeout(settle, FLUSH_STALL_MS[by])
  }

  /** Nothing says when there is space again. The wait for it must not keep the process alive. */
  const retry = (by: 'reader' | 'disk'): void => {
    setTimeout(drain, retryMs).unref()
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS[by])
  }

  /** All lines of this turn, or of the time since the last write, go in one. */
  const drainSoon = (): void => {
    const now = performance.now()
    prompt = Math.min(prompt + (now - promptAt) / GATHER_MS, PROMPT_WRITES)
    promptAt = now
    if (prompt >= 1 || flushes.length > 0) setImmediate(drain)
    else setTimeout(drain, (1 - prompt) * GATHER_MS)
  }

  const next = (): void => {
    if (queue.waiting() >= CHUNK_BYTES) {
      setImmediate(drain)
    } else if (queue.waiting() > 0) {
      drainSoon()
    } else {
      busy = false
      settle()
    }
  }

  const onTaken = (bytes: number): void => {
    queue.take(bytes)
    retryMs = RETRY_MIN_MS
    isDiskFull = false
    watchStall()
    if (dropped === 0 || queue.waiting() > maxBytes / 2) return
    const lines = dropped
    dropped = 0
    onDropped?.(lines)
  }

  const onFailed = (error: unknown): void => {
    const code = codeOf(error)
    if (isFull(code)) return retry('reader')
    // EIO of a terminal: it is gone.
    if (code !== undefined && DISK_CODES.has(code) && !(code === 'EIO' && isatty(fd))) {
      if (!isDiskFull) watchStall('disk')
      isDiskFull = true
      return retry('disk')
    }
    // There is no reader any more. The daemon goes on without its log.
    gone = true
    queue.clear()
    next()
  }

  const onWritten = (error: Error | null, bytes: number): void => {
    inPool = false
    if (error) {
      onFailed(error)
    } else {
      onTaken(bytes)
      next()
    }
  }

  const drain = (): void => {
    const chunk = queue.chunk()
    prompt = Math.max(prompt - 1, -1)
    if (!nonBlocking && chunk.length > 0) {
      inPool = true
      write(fd, chunk, onWritten)
      return
    }
    try {
      onTaken(chunk.length > 0 ? writeSync(fd, chunk) : 0)
    } catch (error) {
      onFailed(error)
      return
    }
    next()
  }

  return {
    write: line => {
      if (gone) return
      if (!queue.push(line)) {
        dropped++
      } else if (!busy) {
        busy = true
        drainSoon()
      }
    },
    flush: () =>
      new Promise(resolve => {
        if (!busy) {
          resolve()
          return
        }
        flushes.push(resolve)
        watchStall(isDiskFull ? 'disk' : 'reader')
      }),
    flushSync: () => {
      // A chunk in the pool gets written: the process waits for the pool as it exits.
      if (inPool) queue.leave()
      const sleeper = new Int32Array(new SharedArrayBuffer(4))
      let stalledMs = 0
      while (stalledMs < EXIT_STALL_MS && queue.waiting() > 0) {
        try {
          onTaken(writeSync(fd, queue.chunk()))
          stalledMs = 0
        } catch (error) {
          if (!isFull(codeOf(error))) return
          Atomics.wait(sleeper, 0, 0, EXIT_RETRY_MS)
          stalledMs += EXIT_RETRY_MS
        }
      }
    },
  }
}
