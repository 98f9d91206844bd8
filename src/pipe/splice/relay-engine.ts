import type { EpollEvents } from '../../libc/epoll-events.ts'
import { createEpollEvents } from '../../libc/epoll-events.ts'
import type { Libc } from '../../libc/libc.ts'
import type { BufferPool } from './buffer-pool.ts'
import { createBufferPool } from './buffer-pool.ts'
import type { PipePool } from './pipe-pool.ts'
import { createPipePool } from './pipe-pool.ts'
import type { RelayMemory, RelayReason } from './relay-memory.ts'

/** State of one side of a relay, and of the direction whose source it is. */
export const FLAG = {
  /** There may be data to read: the last read did not return EAGAIN. */
  READABLE: 1,
  /** The socket may accept a write. */
  WRITABLE: 2,
  /**
   * A short read does not mean that the receive queue is empty: end of stream, an error or urgent data is
   * near.
   */
  CAREFUL: 4,
  /** Its FIN was read. */
  ENDED: 8,
  /** The other side has got all bytes and the FIN: this direction has ended. */
  PASSED: 16,
  /** This side has failed: the other side is reset after delivery of the bytes that this one sent. */
  FAILED: 32,
  /** The direction moves bulk, by splice(2). */
  BULK: 64,
  /** Bytes of this direction wait in `queued`. */
  QUEUED: 128,
  /** The other side has failed: this one is not read any more. */
  IGNORED: 256,
  /** Keepalive was set on its socket, or is off on purpose. */
  KEPT_ALIVE: 512,
  /**
   * A UNIX socket: a read stops behind passed descriptors (unix(7)), so a short one does not mean that the
   * receive queue is empty.
   */
  UNIX: 1024,
} as const

/**
 * The result of moving bytes of one direction: one of these, or a negative error number if the destination
 * failed and the caller must end the relay.
 */
export const STEP = {
  /** epoll will report when there is more to do. */
  WAIT: 0,
  /** The direction has used its turn, and has more to do. */
  MORE: 1,
  /** The relay has ended: its slot must not be used any more. */
  OVER: 2,
} as const

export type Step = number

/** A relay with one failed side, until the other side has got the bytes that the failed side sent. */
export type PendingReset = {
  /** The side that failed. */
  readonly side: number
  readonly reason: RelayReason
  /** When the other side is reset in any case, in the engine's monotonic milliseconds. */
  readonly endsAt: number
  /** When to check the send queue of the other side; `Infinity` while bytes are still to be moved into it. */
  checkAt: number
}

/**
 * The state of a relay worker. A relay has one slot and two sides: side `2 * slot` is the client's, `2 *
 * slot + 1` the target's. A side's number is also the number of the direction that it is the source of; the
 * direction's destination is side `direction ^ 1`.
 *
 * All tables are typed arrays with one entry per slot or side, so a relay allocates nothing, and pages that
 * were never used take no memory.
 */
export type RelayEngine = {
  readonly libc: Libc
  readonly memory: RelayMemory
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly epoll: number
  readonly events: EpollEvents
  readonly pipes: PipePool
  readonly ready: ReadyList
  /** The buffer for bytes that are copied from one socket to another. */
  readonly buffer: Uint8Array
  /** Per side: bits of `FLAG`. */
  readonly flags: Uint16Array
  /** Per direction: the number of its pipe plus 1; 0 without a pipe. */
  readonly pipe: Int32Array
  /** Per direction: bytes in its pipe. */
  readonly piped: Int32Array
  /** Per direction: how often the read size was doubled from `SMALL_BYTES`. */
  readonly width: Uint8Array
  /**
   * By direction: bytes that the destination did not accept. Few directions have any, for a short time or
   * because of a slow reader.
   */
  readonly queued: Map<number, Uint8Array>
  readonly buffers: BufferPool
  /** Per slot: 1 while the worker relays it. */
  readonly live: Uint8Array
  /** Per slot: the number of relays it has had, to recognise an event of an earlier one. */
  readonly generation: Int32Array
  /** Per slot: when a byte or a FIN last moved. */
  readonly movedAt: Float64Array
  /** By slot. Few relays fail with bytes left to deliver. */
  readonly resets: Map<number, PendingReset>
  readonly count: RelayCounts
}

export type RelayCounts = {
  /** Number of running relays. */
  live: number
  /** One more than the highest slot that was live since the worker last had no relay. */
  highest: number
  /** The earliest time at which a relay may reach its idle limit; `Infinity` while there is none. */
  sweepAt: number
  /** When to check the pending resets; `Infinity` while there is none. */
  checkAt: number
  /** When to set keepalive on targets; `Infinity` while none needs it. */
  keepAliveAt: number
  /** Ended relays that the main thread has not been notified of. */
  ended: number
}

export type RelayEngineOptions = {
  readonly libc: Libc
  readonly memory: RelayMemory
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** An epoll descriptor. */
  readonly epoll: number
  /** The `limit` of the pipe pool. */
  readonly pipeLimit?: number
}

/**
 * The initial size of a read, in bytes. A read that fills it switches the direction to splice(2), or to
 * larger reads; below this size two copies cost less than the third call that a pipe needs.
 */
export const SMALL_BYTES = 65_536

/**
 * The largest read, in bytes: `SMALL_BYTES` doubled `WIDTH_MAX` times. Each piece wakes both peers, so its
 * size matters more than the processor's cache: over loopback 8 transfers moved 25 Gbit/s by splice(2), 26
 * in pieces of 1 MiB, 32 of 2 MiB, 33 of 4 MiB.
 */
export const WIDE_BYTES = 4_194_304
export const WIDTH_MAX = Math.log2(WIDE_BYTES / SMALL_BYTES)

/** The most events of one epoll_wait; the rest follow in the next call. */
const EVENT_COUNT = 256

export const createRelayEngine = (options: RelayEngineOptions): RelayEngine => {
  const { libc, memory, now, epoll, pipeLimit } = options
  const { capacity } = memory
  return {
    libc,
    memory,
    now,
    epoll,
    events: createEpollEvents(EVENT_COUNT),
    pipes: createPipePool({
      libc,
      now,
      ...(pipeLimit === undefined ? {} : { limit: pipeLimit }),
      onRefused: errno => {
        Atomics.store(memory.control, 6, errno)
        Atomics.add(memory.control, 5, 1)
      },
    }),
    ready: createReadyList(2 * capacity),
    buffer: new Uint8Array(WIDE_BYTES),
    flags: new Uint16Array(2 * capacity),
    pipe: new Int32Array(2 * capacity),
    piped: new Int32Array(2 * capacity),
    width: new Uint8Array(2 * capacity),
    queued: new Map(),
    buffers: createBufferPool(),
    live: new Uint8Array(capacity),
    generation: new Int32Array(capacity),
    movedAt: new Float64Array(capacity),
    resets: new Map(),
    count: {
      live: 0,
      highest: 0,
      sweepAt: Infinity,
      checkAt: Infinity,
      keepAliveAt: Infinity,
      ended: 0,
    },
  }
}

/** Adds bytes that the destination's socket accepted, and records the time. */
export const countMoved = (engine: RelayEngine, direction: number, bytes: number): void => {
  const { memory, movedAt, now } = engine
  memory.bytes[direction] = (memory.bytes[direction] as number) + bytes
  movedAt[direction >> 1] = now()
}

/** A queue (FIFO) of directions that have more to do; it holds each direction at most once. */
type ReadyList = {
  readonly size: () => number
  /** Appends a direction, unless it is in the queue already. */
  readonly add: (direction: number) => void
  /** Removes the first direction. Call it only if `size` is above 0. */
  readonly next: () => number
}

/** @param count number of directions; they are numbered from 0 */
export const createReadyList = (count: number): ReadyList => {
  const ring = new Int32Array(count)
  const listed = new Uint8Array(count)
  let first = 0
  let size = 0
  return {
    size: () => size,
    add: direction => {
      if (listed[direction] === 1) return
      listed[direction] = 1
      ring[(first + size) % count] = direction
      size++
    },
    next: () => {
      const direction = ring[first] as number
      first = (first + 1) % count
      size--
      listed[direction] = 0
      return direction
    },
  }
}
