import { endRelay } from './end-relay.ts'
import { FLAG } from './relay-engine.ts'
import type { RelayEngine } from './relay-engine.ts'

/** The least time between two sweeps, in milliseconds: a relay ends at most this late, and never early. */
const SWEEP_PAUSE_MS = 100

/**
 * Ends the relays that have been idle for too long, and computes the time of the next sweep. Relays have no
 * timers: one pass over 10,000 takes some 50 us. It skips failed relays, which `lookAtResets` ends.
 *
 * @param at a time before the last epoll_wait
 */
export const sweepRelays = (engine: RelayEngine, at: number): void => {
  const { memory, live, flags, movedAt, count } = engine
  let next = Infinity
  for (let slot = 0; slot < count.highest; slot++) {
    if (live[slot] === 0) continue
    const bits = (flags[2 * slot] as number) | (flags[2 * slot + 1] as number)
    if ((bits & FLAG.FAILED) !== 0) continue
    const idleMs = memory.idleMs[slot] as number
    const halfCloseMs = memory.halfCloseMs[slot] as number
    const isHalfClose = (bits & FLAG.ENDED) !== 0 && halfCloseMs <= idleMs
    const endsAt = (movedAt[slot] as number) + (isHalfClose ? halfCloseMs : idleMs)
    if (at >= endsAt) endRelay(engine, slot, isHalfClose ? 'half-close' : 'idle')
    else next = Math.min(next, endsAt)
  }
  count.sweepAt = Math.max(next, at + SWEEP_PAUSE_MS)
}
