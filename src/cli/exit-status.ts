/** Success. */
export const EXIT_DONE = 0
/** The command failed: nothing connected, or a port is in use. */
export const EXIT_FAILED = 1
/** The arguments or the configuration are wrong, and nothing was started. */
export const EXIT_WRONG = 2
