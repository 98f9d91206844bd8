import { fstatSync, write, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { CHUNK_BYTES, createLineQueue } from './line-queue.ts'

/** Maximum size of the queue for a slow reader, in bytes. */
const LOG_QUEUE_MAX_BYTES = 16 * 1024 * 1024

/**
 * How long lines are gathered for one write under load. A write costs about 20 us; one write per turn of
 * the event loop would be a tenth of the cost of a connection.
 */
export const GATHER_MS = 10

/**
 * Number of writes that go out at once before lines are gathered, plus one more every `GATHER_MS`: a quiet
 * log has no delay.
 */
export const PROMPT_WRITES = 20

/** Retry interval for a full pipe or a failing disk, doubled from the first value to the last. */
const RETRY_MIN_MS = 1
const RETRY_MAX_MS = { reader: 64, disk: 1000 } as const

/**
 * A flush gives up after this time without progress: a stalled reader or a full disk must not keep the
 * process alive.
 */
const FLUSH_STALL_MS = { reader: 5000, disk: 1000 } as const
const EXIT_STALL_MS = 1000
const EXIT_RETRY_MS = 10

/** Writes log lines to a file descriptor. */
export type LogOutput = {
  /** Queues one line with its line break. Never blocks and never throws. */
  readonly write: (line: string) => void
  /** Lines that were not written so far, because the reader is too slow or gone, or the disk is full. */
  readonly dropped: () => number
  /**
   * Resolves once everything is written, the reader is gone, or the reader has taken nothing for 5 s (1 s
   * for a full disk).
   */
  readonly flush: () => Promise<void>
  /**
   * Writes the queue before the process exits; gives up after 1 s in which the reader takes nothing, and if
   * the disk is full.
   */
  readonly flushSync: () => void
}

type OutputOptions = {
  readonly fd: number
  /** Maximum bytes in the queue; 16 MiB by default. */
  readonly maxBytes?: number
  /** Called with the number of dropped lines, once the queue is at most half full again. */
  readonly onDropped?: (lines: number) => void
}

const isFull = (code: string | undefined): boolean => code === 'EAGAIN' || code === 'EBUSY'

/** Errors that end when space is freed or the disk works again. */
const DISK_CODES = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO'])

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined

/** Whether a write to this descriptor returns at once instead of waiting for a reader. */
const isNonBlocking = (fd: number): boolean => {
  try {
    const stat = fstatSync(fd)
    if (!stat.isFIFO() && !stat.isSocket()) return false
  } catch {
    return false
  }
  // Node makes a pipe or socket non-blocking when its stream is first accessed. Otherwise a stalled reader
  // would block a thread of the pool, and the process could not exit.
  const stream = fd === 1 ? process.stdout : fd === 2 ? process.stderr : undefined
  return stream !== undefined
}

/**
 * Writes lines to a file descriptor in the background: to a pipe or socket without blocking, to a file or
 * terminal, whose writes may block, through the thread pool. A lost reader (EPIPE) ends the log, not the
 * process. With a full disk, as with a slow reader, lines wait in the queue, lines beyond its size are
 * dropped and counted, and a partly written line is completed first.
 */
export const createOutput = (options: OutputOptions): LogOutput => {
  const { fd, maxBytes = LOG_QUEUE_MAX_BYTES, onDropped } = options
  const nonBlocking = isNonBlocking(fd)
  const queue = createLineQueue(maxBytes)
  /** Dropped lines that are not reported yet, and all so far. */
  let dropped = 0
  let droppedTotal = 0
  let gone = false
  let isDiskFull = false
  /** True from the first queued line until the queue is empty. */
  let busy = false
  /** The thread pool is writing a chunk. */
  let inPool = false
  let retryMs = RETRY_MIN_MS
  /** Immediate writes left, as of `promptAt`. */
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

  /** No event reports that there is space again, so it is polled. The timer must not keep the process alive. */
  const retry = (by: 'reader' | 'disk'): void => {
    setTimeout(drain, retryMs).unref()
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS[by])
  }

  /** Writes all lines of this turn, or since the last write, at once. */
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
    // EIO from a terminal means that the terminal is gone.
    if (code !== undefined && DISK_CODES.has(code) && !(code === 'EIO' && isatty(fd))) {
      if (!isDiskFull) watchStall('disk')
      isDiskFull = true
      return retry('disk')
    }
    // The reader is gone. The daemon continues without its log.
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
      if (gone) {
        droppedTotal++
      } else if (!queue.push(line)) {
        dropped++
        droppedTotal++
      } else if (!busy) {
        busy = true
        drainSoon()
      }
    },
    dropped: () => droppedTotal,
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
      // The pool completes its chunk: the process waits for the pool when it exits.
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
