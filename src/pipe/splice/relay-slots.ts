import type { PipeReason } from '../join.ts'
import type { RelayMemory, SharedRelayMemory } from './relay-memory.ts'
import {
  RELAY_REASONS,
  RING_EMPTY,
  SLOT,
  STOP_BIT,
  createRelayMemory,
  putRing,
  takeRing,
  viewRelayMemory,
} from './relay-memory.ts'

/** A relay to begin: two connected sockets, by descriptor, and their options. */
export type RelayJob = {
  readonly client: number
  readonly upstream: number
  /** Milliseconds without a byte in either direction after which the relay ends; above 0. */
  readonly idleMs: number
  /** Milliseconds that a half-closed relay may be silent; above 0. */
  readonly halfCloseMs: number
  /** The FIN of that side has already been read. */
  readonly clientEnded: boolean
  readonly upstreamEnded: boolean
  /** Move bulk by large copies, not by splice(2). */
  readonly copied: boolean
  /** The client's socket is a UNIX socket. */
  readonly unixClient: boolean
  /** The target's socket has keepalive of its own, or none on purpose. */
  readonly ownKeepAlive: boolean
}

/** Why a relay ended, and the bytes that each destination's socket accepted. */
export type RelayEnd = {
  readonly bytesUp: number
  readonly bytesDown: number
  readonly reason: PipeReason
}

/** Called once, when the relay has ended. */
export type RelayOwner = (end: RelayEnd) => void

/** The main thread's interface to the slots of one worker. */
export type RelaySlots = {
  /** The memory to give to the worker. */
  readonly shared: SharedRelayMemory
  readonly memory: RelayMemory
  readonly hasFreeSlot: () => boolean
  /**
   * Puts a job into the ring, after which the caller must wake the worker. Call it only while `hasFreeSlot()`.
   *
   * @returns the job's slot
   */
  readonly begin: (job: RelayJob, owner: RelayOwner) => number
  /**
   * Asks the worker to end a relay with reason `drain`.
   *
   * @returns false if the slot does not belong to this owner any more, or was stopped before: no wake-up is
   *   needed
   */
  readonly stop: (slot: number, owner: RelayOwner) => boolean
  /** Reports all completed relays to their owners, and frees their slots. */
  readonly takeDone: () => void
  /**
   * Reports all remaining relays to their owners after the worker's death. Relays that the worker had ended
   * keep their own reason.
   *
   * @param reason the reason of relays that the worker had not ended
   * @param close called with each descriptor that is still open
   * @returns the number of relays that the worker had not ended
   */
  readonly abandon: (reason: PipeReason, close: (fd: number) => void) => number
  readonly active: () => number
  /** Bytes that a running relay has moved so far. */
  readonly bytesUp: (slot: number) => number
  readonly bytesDown: (slot: number) => number
}

// The casts below are safe: a typed array has no holes, so each index within its length holds a number.

/** @param capacity the most relays at a time, above 0 */
export const createRelaySlots = (capacity: number): RelaySlots => {
  const shared = createRelayMemory(capacity)
  const memory = viewRelayMemory(shared)
  const {
    state,
    reason,
    fds,
    bytes,
    ended,
    copied,
    unixClient,
    ownKeepAlive,
    idleMs,
    halfCloseMs,
  } = memory
  // Both arrays grow with the highest number of slots ever in use. The slot that was freed last is reused
  // first, so that few pages of the shared tables are touched.
  const owners: (RelayOwner | null)[] = []
  const free: number[] = []
  const stopped = new Set<number>()
  let active = 0

  const finish = (slot: number, why: PipeReason): void => {
    const owner = owners[slot]
    if (!owner) return
    const bytesUp = bytes[2 * slot] as number
    const bytesDown = bytes[2 * slot + 1] as number
    owners[slot] = null
    stopped.delete(slot)
    active--
    Atomics.store(state, slot, SLOT.FREE)
    free.push(slot)
    owner({ bytesUp, bytesDown, reason: why })
  }

  const reasonOf = (slot: number): PipeReason =>
    RELAY_REASONS[Atomics.load(reason, slot)] ?? 'error'

  const takeDone = (): void => {
    for (;;) {
      const slot = takeRing(memory.completions)
      if (slot === RING_EMPTY) return
      finish(slot, reasonOf(slot))
    }
  }

  return {
    shared,
    memory,
    hasFreeSlot: () => active < capacity,
    begin: (job, owner) => {
      const slot = free.pop() ?? owners.length
      owners[slot] = owner
      active++
      fds[2 * slot] = job.client
      fds[2 * slot + 1] = job.upstream
      bytes[2 * slot] = 0
      bytes[2 * slot + 1] = 0
      ended[2 * slot] = job.clientEnded ? 1 : 0
      ended[2 * slot + 1] = job.upstreamEnded ? 1 : 0
      copied[slot] = job.copied ? 1 : 0
      unixClient[slot] = job.unixClient ? 1 : 0
      ownKeepAlive[slot] = job.ownKeepAlive ? 1 : 0
      idleMs[slot] = job.idleMs
      halfCloseMs[slot] = job.halfCloseMs
      Atomics.store(state, slot, SLOT.RELAYING)
      putRing(memory.submissions, slot)
      return slot
    },
    stop: (slot, owner) => {
      // A second stop of the same slot could overflow the ring.
      if (owners[slot] !== owner || stopped.has(slot)) return false
      stopped.add(slot)
      putRing(memory.submissions, slot | STOP_BIT)
      return true
    },
    takeDone,
    abandon: (why, close) => {
      takeDone()
      let lost = 0
      for (let slot = 0; slot < owners.length; slot++) {
        if (!owners[slot]) continue
        if (Atomics.load(state, slot) === SLOT.DONE) {
          finish(slot, reasonOf(slot))
          continue
        }
        for (const index of [2 * slot, 2 * slot + 1]) {
          const fd = Atomics.exchange(fds, index, -1)
          if (fd >= 0) close(fd)
        }
        lost++
        finish(slot, why)
      }
      return lost
    },
    active: () => active,
    bytesUp: slot => bytes[2 * slot] as number,
    bytesDown: slot => bytes[2 * slot + 1] as number,
  }
}
