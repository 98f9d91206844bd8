/** State of a slot; only the thread that owns the slot in this state may change it. */
export const SLOT = {
  /** Owned by the main thread. */
  FREE: 0,
  /** Owned by the worker, from when the main thread puts it into the submission ring. */
  RELAYING: 1,
  /** Ended, both descriptors closed. Owned by the main thread once it is taken from the completion ring. */
  DONE: 2,
} as const

/** Why a relay ended; shared memory holds the index. */
export const RELAY_REASONS = [
  'eof',
  'client-reset',
  'target-reset',
  'idle',
  'half-close',
  'drain',
  'error',
] as const

export type RelayReason = (typeof RELAY_REASONS)[number]

/** Added to a slot's number in the submission ring: end this relay with reason `drain`. */
export const STOP_BIT = 0x4000_0000

/**
 * Memory shared by the main thread and one relay worker: a table with one slot per relay, and two rings of
 * slot numbers. All of it is initially zero. The threads exchange no messages.
 *
 * In a table of pairs, index `2 * slot` is the client's side and `2 * slot + 1` the target's.
 */
export type RelayMemory = {
  readonly capacity: number
  /** A value of `SLOT`. */
  readonly state: Int32Array
  /** Index into `RELAY_REASONS`; valid if the state is DONE. */
  readonly reason: Int32Array
  /**
   * Pairs: the descriptors. The worker writes -1 just before it closes one, so any other value left after
   * the worker's death is an open descriptor.
   */
  readonly fds: Int32Array
  /**
   * Pairs: bytes from the client that the target's socket accepted, and bytes from the target that the
   * client's accepted. Only the worker writes them, at any time.
   */
  readonly bytes: Float64Array
  /** Pairs: 1 if the main thread has already read the FIN of that side. */
  readonly ended: Uint8Array
  /** 1 if bulk is moved by large copies, not by splice(2). */
  readonly copied: Uint8Array
  /** 1 if the client's socket is a UNIX socket. */
  readonly unixClient: Uint8Array
  /** 1 if the target's socket has keepalive of its own, or none on purpose. */
  readonly ownKeepAlive: Uint8Array
  /** Milliseconds without a byte in either direction after which the relay ends. */
  readonly idleMs: Float64Array
  /** Milliseconds that a half-closed relay may be silent. */
  readonly halfCloseMs: Float64Array
  /** From the main thread to the worker. */
  readonly submissions: Ring
  /** From the worker to the main thread. */
  readonly completions: Ring
  /**
   * [0]: 1 while the worker waits or is about to, and must be woken. [1]: 1 if the worker is to end. [2] to
   * [4]: keepalive. [5]: how often the system refused a pipe, modulo 2^32; [6]: the errno of the last
   * refusal. [7]: how often the main thread has asked whether the worker runs; [8]: [7] as the worker last saw
   * it.
   */
  readonly control: Int32Array
}

/**
 * A ring of numbers for one producer and one consumer. It has an entry for every number that can be in it,
 * so it is never full.
 */
export type Ring = {
  readonly entries: Int32Array
  /**
   * [0]: how many numbers were ever put in, [1]: how many were ever taken out; both modulo twice the number
   * of entries.
   */
  readonly ends: Int32Array
}

/** The form in which a worker gets the memory. */
export type SharedRelayMemory = { readonly capacity: number; readonly buffer: SharedArrayBuffer }

/**
 * Entries per slot in each ring. A slot is submitted once and stopped once, and may be reused before the
 * worker has read the stop of its last use: stop, submission, stop.
 */
const RING_ENTRIES_PER_SLOT = 3

/** Creates the views of all tables on one buffer. */
export const viewRelayMemory = ({ capacity, buffer }: SharedRelayMemory): RelayMemory => {
  let offset = 0
  const take = (bytes: number): number => {
    const at = offset
    offset += bytes
    return at
  }
  // Tables of 8-byte values come first, for alignment.
  const bytes = new Float64Array(buffer, take(16 * capacity), 2 * capacity)
  const idleMs = new Float64Array(buffer, take(8 * capacity), capacity)
  const halfCloseMs = new Float64Array(buffer, take(8 * capacity), capacity)
  const int32 = (count: number): Int32Array => new Int32Array(buffer, take(4 * count), count)
  const ring = (): Ring => ({ entries: int32(RING_ENTRIES_PER_SLOT * capacity), ends: int32(2) })
  return {
    capacity,
    bytes,
    idleMs,
    halfCloseMs,
    state: int32(capacity),
    reason: int32(capacity),
    fds: int32(2 * capacity),
    submissions: ring(),
    completions: ring(),
    control: int32(9),
    ended: new Uint8Array(buffer, take(2 * capacity), 2 * capacity),
    copied: new Uint8Array(buffer, take(capacity), capacity),
    unixClient: new Uint8Array(buffer, take(capacity), capacity),
    ownKeepAlive: new Uint8Array(buffer, take(capacity), capacity),
  }
}

/** Bytes of shared memory per slot. Pages that are never used take no memory. */
const BYTES_PER_SLOT = 16 + 8 + 8 + 4 + 4 + 8 + 2 * RING_ENTRIES_PER_SLOT * 4 + 2 + 1 + 1 + 1

/** Bytes for the ends of the rings and the control words. */
const FIXED_BYTES = 64

/** @param capacity the most relays at a time, above 0 */
export const createRelayMemory = (capacity: number): SharedRelayMemory => ({
  capacity,
  buffer: new SharedArrayBuffer(BYTES_PER_SLOT * capacity + FIXED_BYTES),
})

/** What `takeRing` returns if the ring is empty. */
export const RING_EMPTY = -1

// The casts below are safe: a typed array has no holes, so each index within its length holds a number.

/**
 * Appends a number (single producer).
 *
 * @param value 0 or more
 */
export const putRing = ({ entries, ends }: Ring, value: number): void => {
  const put = ends[0] as number
  entries[put % entries.length] = value
  // This store publishes the entry: the consumer reads this index first.
  Atomics.store(ends, 0, (put + 1) % (2 * entries.length))
}

/**
 * Pops the oldest entry (single consumer).
 *
 * @returns `RING_EMPTY` (-1) if there is none
 */
export const takeRing = ({ entries, ends }: Ring): number => {
  const taken = ends[1] as number
  if (Atomics.load(ends, 0) === taken) return RING_EMPTY
  const value = entries[taken % entries.length] as number
  Atomics.store(ends, 1, (taken + 1) % (2 * entries.length))
  return value
}

/**
 * Whether the ring has an entry. Both threads may call it; for the producer the answer may be out of date
 * at once.
 */
export const hasRing = ({ ends }: Ring): boolean => Atomics.load(ends, 0) !== Atomics.load(ends, 1)
