/** A smoothed round-trip time, as RFC 6298 section 2 keeps it. All in milliseconds. */
export type RoundTrip = {
  readonly smoothedMs: number
  readonly deviationMs: number
  /** When the last sample was taken. */
  readonly at: number
}

/**
 * A handshake that took this long has most likely had its SYN sent again (RFC 6298 section 2.1: after
 * 1 s), and nobody knows which one was answered: it is no sample (Karn's algorithm, section 3).
 */
export const RETRANSMISSION_MS = 1000

/** How long a round-trip time is believed that no connection has refreshed. */
export const ROUND_TRIP_MAX_AGE_MS = 600_000

/** Takes one more sample in (RFC 6298 section 2.2 and 2.3); one that is none changes nothing. */
export const addSample = (
  before: RoundTrip | undefined,
  sampleMs: number,
  now: number,
): RoundTrip | undefined => {
  if (sampleMs >= RETRANSMISSION_MS) return before
  if (!before) return { smoothedMs: sampleMs, deviationMs: sampleMs / 2, at: now }
  const error = Math.abs(before.smoothedMs - sampleMs)
  return {
    smoothedMs: before.smoothedMs + (sampleMs - before.smoothedMs) / 8,
    deviationMs: before.deviationMs + (error - before.deviationMs) / 4,
    at: now,
  }
}

/** What is still believed at a time. */
export const believed = (known: RoundTrip | undefined, now: number): RoundTrip | undefined =>
  known && now - known.at < ROUND_TRIP_MAX_AGE_MS ? known : undefined

/** Bounds of an attempt delay, in milliseconds (RFC 8305 section 5). */
export type DelayBounds = { readonly minimumDelayMs: number; readonly maximumDelayMs: number }

/** How long to wait for an answer before the next address is tried: about when its host would send the SYN again (RFC 8305 section 5). */
export const attemptDelay = (
  { smoothedMs, deviationMs }: RoundTrip,
  { minimumDelayMs, maximumDelayMs }: DelayBounds,
): number => Math.min(Math.max(smoothedMs + 4 * deviationMs, minimumDelayMs), maximumDelayMs)
