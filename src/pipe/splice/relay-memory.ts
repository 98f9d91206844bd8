/** Where a slot stands; only the side that owns it in that state may change it. */
export const SLOT = {
  /** The main thread's. */
  FREE: 0,
  /** The worker's, from the moment when the main thread puts it into the submission ring. */
  RELAYING: 1,
  /** Over, both descriptors closed; the main thread's again, once it comes out of the completion ring. */
  DONE: 2,
} as const

/** How a relay ended, as a number for shared memory. The order is that of `RELAY_REASONS`. */
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

/** Added to a slot's number in the submission ring: end this relay now, with reason `drain`. */
export const STOP_BIT = 0x4000_0000

/**
 * What a main thread and one relay worker share: a table of slots, one for each relay, and two rings of
 * slot numbers. All of it is zero at first. Nothing is sent by messages.
 *
 * Index `2 * slot` of a pair is the client's side, `2 * slot + 1` the target's.
 */
export type RelayMemory = {
  readonly capacity: number
  /** One of `SLOT`. */
  readonly state: Int32Array
  /** Index into `RELAY_REASONS`; valid when DONE. */
  readonly reason: Int32Array
  /** Pairs: the descriptors. The worker writes -1 just before it closes one, so that what is not -1 after its death is open. */
  readonly fds: Int32Array
  /** Pairs: bytes that came from the client and that the target's socket took, and the other way. Written by the worker alone, at any time. */
  readonly bytes: Float64Array
  /** Pairs: 1 where the main thread has already read the FIN of that side. */
  readonly ended: Uint8Array
  /** 1 where bulk is to go by large copies, not by splice(2). */
  readonly copied: Uint8Array
  /** Milliseconds without a byte either way. */
  readonly idleMs: Float64Array
  /** Milliseconds that a half-closed relay may be silent. */
  readonly halfCloseMs: Float64Array
  /** Main to worker. */
  readonly submissions: Ring
  /** Worker to main. */
  readonly completions: Ring
  /** [0]: 1 while the worker waits, or is about to: it must be woken. [1]: 1 when it is to end. [2] to [4]: keepalive. [5]: how often the system refused a pipe, modulo 2^32; [6]: its last errno. */
  readonly control: Int32Array
}

/** A ring of numbers for one writer and one reader. It has room for all that can be in it, so it is never full. */
export type Ring = {
  readonly entries: Int32Array
  /** [0]: how many were ever put in, [1]: how many were ever taken out; both counted modulo twice the number of entries. */
  readonly ends: Int32Array
}

/** The same memory as it is given to a worker. */
export type SharedRelayMemory = { readonly capacity: number; readonly buffer: SharedArrayBuffer }

/**
 * Entries of each ring for each slot. A slot is submitted once and stopped once, and may be in use again
 * before the stop of its last use was read: stop, submission, stop.
 */
const RING_ENTRIES_PER_SLOT = 3

/** Lays the tables out in one buffer. */
export const viewRelayMemory = ({ capacity, buffer }: SharedRelayMemory): RelayMemory => {
  let offset = 0
  const take = (bytes: number): number => {
    const at = offset
    offset += bytes
    return at
  }
  // Those of eight bytes first, so that everything is aligned.
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
    control: int32(7),
    ended: new Uint8Array(buffer, take(2 * capacity), 2 * capacity),
    copied: new Uint8Array(buffer, take(capacity), capacity),
  }
}

/** Bytes of shared memory for one slot; pages that are never used cost nothing. */
const BYTES_PER_SLOT = 16 + 8 + 8 + 4 + 4 + 8 + 2 * RING_ENTRIES_PER_SLOT * 4 + 2 + 1

/** For the ends of the rings and the control words. */
const FIXED_BYTES = 64

/** @param capacity relays at a time, above 0 */
export const createRelayMemory = (capacity: number): SharedRelayMemory => ({
  capacity,
  buffer: new SharedArrayBuffer(BYTES_PER_SLOT * capacity + FIXED_BYTES),
})
