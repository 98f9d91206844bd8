const ignore = (): void => {}

/**
 * Gives a socket or a server an error listener for its whole life. An `error` event without a listener ends
 * the process, and a socket can fail at any time, also between two owners. Code that handles errors adds
 * its own listener.
 */
export const ignoreErrors = (emitter: {
  on(event: 'error', listener: () => void): unknown
}): void => {
  emitter.on('error', ignore)
}
