/** RFC 8305 section 3, Resolution Delay: how long a first answer waits for the preferred family's. */
export const RESOLUTION_DELAY_MS = 50

/** RFC 8305 section 8: the recommended Connection Attempt Delay. */
export const HAPPY_EYEBALLS_DELAY_MS = 250

/** RFC 8305 section 8: the bounds within which the delay may follow what was learnt of an address. */
export const DELAY_BOUNDS = { minimumDelayMs: 100, maximumDelayMs: 2000 } as const

/** Attempts in flight at a time; those older than 3 s do not count. */
export const MAX_CONCURRENT_ATTEMPTS = 6

/** How long a call may last that looks a name up, lookups included. */
export const CONNECT_TIMEOUT_MS = 30_000
