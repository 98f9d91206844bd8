import type { Clock } from '../core/clock.ts'
import type { Deadline } from '../core/deadlines.ts'
import { createDeadlines } from '../core/deadlines.ts'
import type { StreamSocket } from '../core/stream-socket.ts'

/**
 * The age at which a connection to a target gets keepalive, in milliseconds. Most connections end earlier
 * and save four system calls.
 */
export const KEEP_ALIVE_AGE_MS = 1000

/** The young connections to targets, which have no keepalive yet. */
export type KeptTargets = {
  /** Adds a new connection: it gets keepalive when it is `KEEP_ALIVE_AGE_MS` old. */
  readonly add: (target: StreamSocket) => Deadline
  /** Call it when the connection has ended; later than that age it does nothing. */
  readonly remove: (added: Deadline) => void
}

/**
 * Sets keepalive on connections to targets that this thread keeps; a relay worker does so for its own.
 * Clients' sockets already have keepalive.
 *
 * @param setKeepAlive may get a closed socket
 */
export const createKeptTargets = (
  clock: Clock,
  setKeepAlive: (target: StreamSocket) => void,
): KeptTargets => {
  const young = createDeadlines(clock, KEEP_ALIVE_AGE_MS)
  return { add: target => young.add(() => setKeepAlive(target)), remove: young.remove }
}
