import type { EventEmitter } from 'node:events'

const ignore = (): void => {}

/**
 * Gives a socket or a server an error listener for its whole life. An `error` event that nobody
 * hears ends the process, and a socket can fail at any time, also while it changes hands. Whoever
 * wants to know listens as well.
 */
export const ignoreErrors = (emitter: EventEmitter): void => {
  emitter.on('error', ignore)
}
