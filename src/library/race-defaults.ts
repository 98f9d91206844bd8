/** RFC 8305 section 3, Resolution Delay: how long the other family's answer waits for the preferred family's. */
export const RESOLUTION_DELAY_MS = 50

/** RFC 8305 section 8: the recommended Connection Attempt Delay. */
export const HAPPY_EYEBALLS_DELAY_MS = 250

/** RFC 8305 section 8: the bounds of a delay that follows an address's round-trip time. */
export const DELAY_BOUNDS = { minimumDelayMs: 100, maximumDelayMs: 2000 } as const

/** Maximum attempts in flight; those older than 3 s do not count. */
export const MAX_CONCURRENT_ATTEMPTS = 6

/** The default time limit of a call that looks up a name, lookups included. */
export const CONNECT_TIMEOUT_MS = 30_000
