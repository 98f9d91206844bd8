/** Done. */
export const EXIT_DONE = 0
/** It could not: nothing connected, a port is taken. */
export const EXIT_FAILED = 1
/** The words or the configuration are wrong, and nothing was started. */
export const EXIT_WRONG = 2
