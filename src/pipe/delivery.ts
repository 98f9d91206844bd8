import type { CancelTimer, Clock } from '../core/clock.ts'

/**
 * How long delivery of the bytes that a failed side sent may take, in milliseconds. After that the other
 * side is reset in any case.
 */
export const DELIVERY_TIMEOUT_MS = 2000

/**
 * The least and the most time between two checks of a send queue, in milliseconds. A peer may delay its
 * acknowledgement by some 40 ms.
 */
const CHECK_MIN_MS = 2
const CHECK_MAX_MS = 50

/**
 * Milliseconds until the next check of a send queue: a quarter of the time waited so far, so that the reset
 * is late by no more than that.
 */
export const nextCheckMs = (waitedMs: number): number =>
  Math.min(CHECK_MAX_MS, Math.max(CHECK_MIN_MS, waitedMs / 4))

/**
 * Waits until a side of a failed connection has got all bytes meant for it, at most for
 * `DELIVERY_TIMEOUT_MS`.
 *
 * @param isDelivered called repeatedly
 * @param done called once, perhaps within this call
 * @returns cancels the wait; `done` is then not called any more
 */
export const awaitDelivery = (
  clock: Clock,
  isDelivered: () => boolean,
  done: () => void,
): CancelTimer => {
  const startedAt = clock.now()
  let cancel: CancelTimer = () => {}
  const look = (): void => {
    const waitedMs = clock.now() - startedAt
    const leftMs = DELIVERY_TIMEOUT_MS - waitedMs
    if (leftMs <= 0 || isDelivered()) done()
    else cancel = clock.after(Math.min(leftMs, nextCheckMs(waitedMs)), look)
  }
  look()
  return () => cancel()
}
