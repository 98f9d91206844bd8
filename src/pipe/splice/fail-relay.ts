import { unacknowledged } from '../../libc/connected-socket.ts'
import { ERRNO, SO, SOL_SOCKET } from '../../libc/constants.ts'
import { DELIVERY_TIMEOUT_MS, nextCheckMs } from '../delivery.ts'
import { closeSide, dropPending, endRelay } from './end-relay.ts'
import type { PendingReset, RelayEngine, Step } from './relay-engine.ts'
import { FLAG, STEP } from './relay-engine.ts'
import type { RelayReason } from './relay-memory.ts'

/** The cause of the failure is not known; read SO_ERROR of the socket. */
export const ERRNO_UNKNOWN = 0

const value = new Int32Array(1)

/** Reads and clears the pending error of a socket; 0 if there is none (socket(7), SO_ERROR). */
const pendingError = ({ libc, memory }: RelayEngine, side: number): number => {
  value[0] = 0
  libc.getsockopt(memory.fds[side] as number, SOL_SOCKET, SO.ERROR, value)
  return value[0]
}

const reasonOf = (engine: RelayEngine, side: number, errno: number): RelayReason => {
  const isKnown = errno !== ERRNO_UNKNOWN && errno !== ERRNO.ENOTCONN
  // A socket that is not connected any more and whose error was reported before was reset.
  const found = isKnown ? errno : pendingError(engine, side) || ERRNO.ECONNRESET
  if (found !== ERRNO.ECONNRESET && found !== ERRNO.EPIPE) return 'error'
  return side % 2 === 0 ? 'client-reset' : 'target-reset'
}

/**
 * Begins to end a relay after one side has failed. Bytes that this side sent before still go to the other
 * side, which is reset after their delivery (`endIfDelivered`). Bytes for the failed side are discarded, and
 * the other side is not read any more. If both sides have failed, the relay ends at once.
 *
 * @param errno why a call on that side failed, above 0, or `ERRNO_UNKNOWN`
 * @returns `OVER`, or `WAIT` if bytes of the failed side are still to be moved
 */
export const failRelay = (engine: RelayEngine, side: number, errno: number): Step => {
  const { flags, resets, count, now } = engine
  const slot = side >> 1
  const pending = resets.get(slot)
  if (pending) return pending.side === side ? STEP.WAIT : endRelay(engine, slot, pending.reason)
  const reason = reasonOf(engine, side, errno)
  const other = side ^ 1
  dropPending(engine, other)
  flags[side] = (flags[side] as number) | FLAG.FAILED | FLAG.CAREFUL
  flags[other] =
    ((flags[other] as number) | FLAG.IGNORED) & ~(FLAG.READABLE | FLAG.BULK | FLAG.QUEUED)
  const endsAt = now() + DELIVERY_TIMEOUT_MS
  resets.set(slot, { side, reason, endsAt, checkAt: Infinity })
  count.checkAt = Math.min(count.checkAt, endsAt)
  return STEP.WAIT
}

/** Handles a failed read: marks the source as ended, then works like `failRelay`. */
export const failSource = (engine: RelayEngine, direction: number, errno: number): Step => {
  const { flags } = engine
  flags[direction] = ((flags[direction] as number) | FLAG.ENDED) & ~FLAG.READABLE
  return failRelay(engine, direction, errno)
}

const nextCheckAt = ({ endsAt }: PendingReset, at: number): number => {
  const waitedMs = at - (endsAt - DELIVERY_TIMEOUT_MS)
  return Math.min(endsAt, at + nextCheckMs(waitedMs))
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
export const endIfDelivered = (engine: RelayEngine, direction: number): void => {
  const { flags, piped, resets, count, now } = engine
  const slot = direction >> 1
  const pending = resets.get(slot)
  const bits = flags[direction] as number
  const hasMore = (bits & (FLAG.READABLE | FLAG.ENDED)) === FLAG.READABLE
  if (!pending || hasMore || (bits & FLAG.QUEUED) !== 0 || piped[direction] !== 0) return
  // The engine reads nothing more of a failed connection, though its socket may still be open.
  flags[direction] = bits | FLAG.ENDED
  closeSide(engine, direction, true)
  if (isDelivered(engine, pending)) {
    endRelay(engine, slot, pending.reason)
    return
  }
  pending.checkAt = nextCheckAt(pending, now())
  count.checkAt = Math.min(count.checkAt, pending.checkAt)
}

/** The least time between two passes over all pending resets, in milliseconds per thousand resets. */
const PASS_MS_PER_THOUSAND = 1

/**
 * Ends the relays whose delivery is complete or has timed out, and computes the time of the next check.
 *
 * @param at a time before the last epoll_wait
 */
export const checkResets = (engine: RelayEngine, at: number): void => {
  const { resets, count } = engine
  let next = Infinity
  for (const [slot, pending] of resets) {
    const isDue = at >= pending.checkAt
    if (at >= pending.endsAt || (isDue && isDelivered(engine, pending))) {
      endRelay(engine, slot, pending.reason)
      continue
    }
    if (isDue) pending.checkAt = nextCheckAt(pending, at)
    next = Math.min(next, pending.checkAt, pending.endsAt)
  }
  count.checkAt = Math.max(next, at + (resets.size / 1000) * PASS_MS_PER_THOUSAND)
}
