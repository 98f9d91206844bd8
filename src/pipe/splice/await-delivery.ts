import { unacknowledged } from '../../libc/unacknowledged.ts'
import { DELIVERY_TIMEOUT_MS, nextLookMs } from '../delivery.ts'
import { closeSide, endRelay } from './end-relay.ts'
import { FLAG } from './relay-engine.ts'
import type { PendingReset, RelayEngine } from './relay-engine.ts'

const lookAgainAt = ({ endsAt }: PendingReset, at: number): number => {
  const waitedMs = at - (endsAt - DELIVERY_TIMEOUT_MS)
  return Math.min(endsAt, at + nextLookMs(waitedMs))
}

const isDelivered = ({ libc, memory, flags }: RelayEngine, { side }: PendingReset): boolean => {
  const finBytes = ((flags[side] as number) & FLAG.PASSED) === 0 ? 0 : 1
  return unacknowledged(libc, memory.fds[side ^ 1] as number) <= finBytes
}

/**
 * Call this after each step of a direction whose source has failed. It closes the source once the other
 * side's socket has accepted all its bytes, and ends the relay when the other peer has acknowledged them: a
 * reset would discard what is still in the send queue.
 */
export const awaitDelivery = (engine: RelayEngine, direction: number): void => {
  const { flags, piped, resets, count, now } = engine
  const slot = direction >> 1
  const pending = resets.get(slot)
  const bits = flags[direction] as number
  const hasMore = (bits & (FLAG.READABLE | FLAG.ENDED)) === FLAG.READABLE
  if (!pending || hasMore || (bits & FLAG.HELD) !== 0 || piped[direction] !== 0) return
  // The engine reads nothing more of a failed connection, though its socket may still be open.
  flags[direction] = bits | FLAG.ENDED
  closeSide(engine, direction, true)
  if (isDelivered(engine, pending)) {
    endRelay(engine, slot, pending.reason)
    return
  }
  pending.lookAt = lookAgainAt(pending, now())
  count.lookAt = Math.min(count.lookAt, pending.lookAt)
}

/** The least time between two passes over all pending resets, in milliseconds per thousand resets. */
const PASS_MS_PER_THOUSAND = 1

/**
 * Ends the relays whose delivery is complete or has timed out, and computes the time of the next check.
 *
 * @param at a time before the last epoll_wait
 */
export const lookAtResets = (engine: RelayEngine, at: number): void => {
  const { resets, count } = engine
  let next = Infinity
  for (const [slot, pending] of resets) {
    const isDue = at >= pending.lookAt
    if (at >= pending.endsAt || (isDue && isDelivered(engine, pending))) {
      endRelay(engine, slot, pending.reason)
      continue
    }
    if (isDue) pending.lookAt = lookAgainAt(pending, at)
    next = Math.min(next, pending.lookAt, pending.endsAt)
  }
  count.lookAt = Math.max(next, at + (resets.size / 1000) * PASS_MS_PER_THOUSAND)
}
