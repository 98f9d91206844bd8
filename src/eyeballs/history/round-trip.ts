/** A smoothed round-trip time by RFC 6298 section 2, in milliseconds. */
export type RoundTrip = {
  readonly smoothedMs: number
  readonly deviationMs: number
  /** When the last sample was taken. */
  readonly at: number
}

/**
 * A handshake that took this long most likely had its SYN retransmitted (RFC 6298 section 2.1: after 1 s).
 * It is unknown which SYN was answered, so it is not a sample (Karn's algorithm, section 3).
 */
export const RETRANSMISSION_MS = 1000

/** A round-trip time expires after this time without a new sample. */
export const ROUND_TRIP_MAX_AGE_MS = 600_000

/** Adds a sample (RFC 6298 sections 2.2 and 2.3); an invalid sample changes nothing. */
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

/** The round-trip time, unless it has expired. */
export const believed = (known: RoundTrip | undefined, now: number): RoundTrip | undefined =>
  known && now - known.at < ROUND_TRIP_MAX_AGE_MS ? known : undefined

/** Bounds of an attempt delay, in milliseconds (RFC 8305 section 5). */
export type DelayBounds = { readonly minimumDelayMs: number; readonly maximumDelayMs: number }

/** The attempt delay behind an address: about when its host would retransmit the SYN (RFC 8305 section 5). */
export const attemptDelay = (
  { smoothedMs, deviationMs }: RoundTrip,
  { minimumDelayMs, maximumDelayMs }: DelayBounds,
): number => Math.min(Math.max(smoothedMs + 4 * deviationMs, minimumDelayMs), maximumDelayMs)
