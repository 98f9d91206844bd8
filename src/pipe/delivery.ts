/**
 * How long one side of a connection may take to get what the other side sent before it failed, in
 * milliseconds. After that the side is reset in any case.
 */
export const DELIVERY_TIMEOUT_MS = 2000

/** Between two looks at a send queue, in milliseconds. A peer may delay its acknowledgement by some 40 ms. */
const LOOK_LEAST_MS = 2
const LOOK_MOST_MS = 50

/**
 * When a send queue that must become empty is looked at again, in milliseconds from now: after a quarter
 * of the time that has passed so far, so that a reset is late by no more than that.
 */
export const nextLookMs = (waitedMs: number): number =>
  Math.min(LOOK_MOST_MS, Math.max(LOOK_LEAST_MS, waitedMs / 4))
