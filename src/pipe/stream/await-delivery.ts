import type { CancelTimer, Clock } from '../../core/clock.ts'
import { DELIVERY_TIMEOUT_MS, nextLookMs } from '../delivery.ts'

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
    else cancel = clock.after(Math.min(leftMs, nextLookMs(waitedMs)), look)
  }
  look()
  return () => cancel()
}
