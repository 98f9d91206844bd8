import { createEpollEvents } from '../../libc/epoll-events.ts'
import type { EpollEvents } from '../../libc/epoll-events.ts'
import type { Libc } from '../../libc/types.ts'
import { createHoldRooms } from './hold-rooms.ts'
import type { HoldRooms } from './hold-rooms.ts'
import { createPipePool } from './pipe-pool.ts'
import type { PipePool } from './pipe-pool.ts'
import { createReadyList } from './ready-list.ts'
import type { ReadyList } from './ready-list.ts'
import type { RelayMemory, RelayReason } from './relay-memory.ts'

/** What is known of one side of a relay, and of the direction whose source it is. */
export const FLAG = {
  /** There may be something to read: the last attempt did not say that there is nothing. */
  READABLE: 1,
  /** There may be room to write. */
  WRITABLE: 2,
  /** A short read does not say that nothing is left: the end, an error, or urgent data is near. */
  CAREFUL: 4,
  /** Its FIN was read. */
  ENDED: 8,
  /** The other side has got everything and the FIN: this direction is over. */
  PASSED: 16,
  /** It has failed: the other side is reset as soon as it has got what this one sent. */
  FAILED: 32,
  /** The direction moves much: by splice(2). */
  BULK: 64,
  /** Bytes of this direction wait in `held`. */
  HELD: 128,
  /** The other side has failed: nothing is read from this one any more. */
  IGNORED: 256,
  /** Keepalive was set on its socket. */
  KEPT_ALIVE: 512,
} as const

/**
 * What moving the bytes of one direction came to: one of these, or a negative error number, where the
 * destination failed and the relay is still to be ended.
 */
export const STEP = {
  /** epoll will tell when there is more to do. */
  WAIT: 0,
  /** There is more to do at once; it had its share. */
  MORE: 1,
  /** The relay has ended: its slot must not be touched any more. */
  OVER: 2,
} as const

export type Step = number

/** A relay of which a side has failed, until the other side has got what that one sent. */
export type PendingReset = {
  /** The side that failed. */
  readonly side: number
  readonly reason: RelayReason
  /** When the other side is reset in any case. */
  readonly endsAt: number
  /** When the send queue of the other side is to be looked at; `Infinity` while bytes are still to be moved into it. */
  lookAt: number
}

/**
 * Everything that a relay worker knows. A relay has a slot, and two sides: `2 * slot` is the client's,
 * `2 * slot + 1` the target's. A side's number is also that of the direction that comes from it; the
 * direction's destination is the side `direction ^ 1`.
 *
 * All tables are typed arrays as long as there are slots or sides: nothing is allocated for a relay,
 * nor for what happens to it, and what was never used takes no memory.
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
  /** What passes from one socket to another without a pipe. */
  readonly buffer: Uint8Array
  /** Of a side: `FLAG`s. */
  readonly flags: Uint16Array
  /** Of a direction: its pipe's number and 1; 0 where it has none. */
  readonly pipe: Int32Array
  /** Of a direction: bytes in its pipe. */
  readonly piped: Int32Array
  /** Of a direction: how often the size of its reads was doubled from `SMALL_BYTES`. */
  readonly width: Uint8Array
  /** Of a direction: what its destination did not take. A few directions have some, for a short time or behind a slow reader. */
  readonly held: Map<number, Uint8Array>
  readonly rooms: HoldRooms
  /** Of a slot: 1 while the worker relays it. */
  readonly live: Uint8Array
  /** Of a slot: how many relays it has had, so that an event of an earlier one is known. */
  readonly generation: Int32Array
  /** Of a slot: when a byte or an end last moved. */
  readonly movedAt: Float64Array
  /** By slot. Few relays fail with something left to deliver. */
  readonly resets: Map<number, PendingReset>
  readonly count: RelayCounts
}

export type RelayCounts = {
  /** Relays under way. */
  live: number
  /** No slot from here on was ever live since there was none. */
  highest: number
  /** When some relay may have been silent for too long; `Infinity` while there is none. */
  sweepAt: number
  /** When some pending reset is to be looked at; `Infinity` while there is none. */
  lookAt: number
  /** When keepalive is to be set on some target; `Infinity` while there is none. */
  keepAliveAt: number
  /** Relays that ended and that the main thread was not told of yet. */
  ended: number
}

export type RelayEngineOptions = {
  readonly libc: Libc
  readonly memory: RelayMemory
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** An epoll descriptor. */
  readonly epoll: number
  /** The pool's `limit`. */
  readonly pipeLimit?: number
}

/**
 * What is read at once at first, in bytes. A read that fills it is bulk: the direction goes over to
 * splice(2), or to larger reads. Below it two copies cost less than the third call that a pipe needs.
 */
export const SMALL_BYTES = 65_536

/**
 * The most that is read at once, in bytes: `SMALL_BYTES` doubled `WIDTH_MAX` times. Each piece wakes both
 * peers, so size counts more than what a processor's cache holds: over loopback 8 transfers moved 25
 * Gbit/s by splice(2), 26 by pieces of 1 MiB, 32 of 2 MiB, 33 of 4 MiB.
 */
export const WIDE_BYTES = 4_194_304
export const WIDTH_MAX = Math.log2(WIDE_BYTES / SMALL_BYTES)

/** Events of one epoll_wait. What is left over comes next time, after those that were told before. */
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
    held: new Map(),
    rooms: createHoldRooms(),
    live: new Uint8Array(capacity),
    generation: new Int32Array(capacity),
    movedAt: new Float64Array(capacity),
    resets: new Map(),
    count: {
      live: 0,
      highest: 0,
      sweepAt: Infinity,
      lookAt: Infinity,
      keepAliveAt: Infinity,
      ended: 0,
    },
  }
}

/** Counts bytes that the destination's socket took, and remembers when. */
export const countMoved = (engine: RelayEngine, direction: number, bytes: number): void => {
  const { memory, movedAt, now } = engine
  memory.bytes[direction] = (memory.bytes[direction] as number) + bytes
  movedAt[direction >> 1] = now()
}
