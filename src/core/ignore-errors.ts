const ignore = (): void => {}

/**
 * Gives a socket or a server an error listener for its whole life. An `error` event that nobody
 * hears ends the process, and a socket can fail at any time, also while it changes hands. Whoever
 * wants to know listens as well.
 */
export const ignoreErrors = (emitter: {
  on(event: 'error', listener: () => void): unknown
}): void => {
  emitter.on('error', ignore)
}
