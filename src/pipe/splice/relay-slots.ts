import type { PipeReason } from '../types.ts'
import {
  RELAY_REASONS,
  SLOT,
  STOP_BIT,
  createRelayMemory,
  viewRelayMemory,
} from './relay-memory.ts'
import type { RelayMemory, SharedRelayMemory } from './relay-memory.ts'
import { RING_EMPTY, putRing, takeRing } from './ring.ts'

/** Two connected sockets, by their descriptors, and what is to be known of them. */
export type RelayJob = {
  readonly client: number
  readonly upstream: number
  /** Milliseconds without a byte in either direction after which the relay ends; above 0. */
  readonly idleMs: number
  /** Milliseconds that a half-closed relay may be silent; above 0. */
  readonly halfCloseMs: number
  /** The FIN of that side was read already. */
  readonly clientEnded: boolean
  readonly upstreamEnded: boolean
  /** Bulk is to go by large copies, not by splice(2). */
  readonly copied: boolean
}

/** How a relay ended, and the bytes that the other side's socket took. */
export type RelayEnd = {
  readonly bytesUp: number
  readonly bytesDown: number
  readonly reason: PipeReason
}

/** Is told the end of its relay, once. */
export type RelayOwner = (end: RelayEnd) => void

/** The main thread's hand on the slots of one worker. */
export type RelaySlots = {
  /** For the worker. */
  readonly shared: SharedRelayMemory
  readonly memory: RelayMemory
  readonly hasRoom: () => boolean
  /** Puts a job into the ring; the worker has then to be woken. Only with room. @returns its slot */
  readonly begin: (job: RelayJob, owner: RelayOwner) => number
  /** Asks for a relay's end, with reason `drain`. @returns false where the slot is no longer that owner's, or was asked before: there is nobody to wake then */
  readonly stop: (slot: number, owner: RelayOwner) => boolean
  /** Tells the owners of all that the worker has ended since, and takes their slots back. */
  readonly takeDone: () => void
  /**
   * For after the worker's death: tells the owners of all that is left. What it has ended counts as that.
   *
   * @param reason of those that it has not
   * @param close is given each descriptor that is still open
   * @returns how many it had not ended
   */
  readonly abandon: (reason: PipeReason, close: (fd: number) => void) => number
  readonly active: () => number
  /** Bytes from clients and from targets, of all relays so far, those that run as well. */
  readonly bytes: () => { readonly up: number; readonly down: number }
}

// Typed arrays have no holes: what is read within their length is a number.

/** @param capacity relays at a time, above 0 */
export const createRelaySlots = (capacity: number): RelaySlots => {
  const shared = createRelayMemory(capacity)
  const memory = viewRelayMemory(shared)
  const { state, reason, fds, bytes, ended, copied, idleMs, halfCloseMs } = memory
  // Both grow with the most that were ever in use. The slot that was freed last is used first, so that
  // few pages of the shared tables are ever touched.
  const owners: (RelayOwner | null)[] = []
  const free: number[] = []
  const stopped = new Set<number>()
  let active = 0
  let pastUp = 0
  let pastDown = 0

  const finish = (slot: number, why: PipeReason): void => {
    const owner = owners[slot]
    if (!owner) return
    const bytesUp = bytes[2 * slot] as number
    const bytesDown = bytes[2 * slot + 1] as number
    pastUp += bytesUp
    pastDown += bytesDown
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
    hasRoom: () => active < capacity,
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
      idleMs[slot] = job.idleMs
      halfCloseMs[slot] = job.halfCloseMs
      Atomics.store(state, slot, SLOT.RELAYING)
      putRing(memory.submissions, slot)
      return slot
    },
    stop: (slot, owner) => {
      // A slot that is asked once more would have more entries in the ring than there is room for.
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
    bytes: () => {
      let up = pastUp
      let down = pastDown
      for (let slot = 0; slot < owners.length; slot++) {
        if (!owners[slot]) continue
        up += bytes[2 * slot] as number
        down += bytes[2 * slot + 1] as number
      }
      return { up, down }
    },
  }
}
