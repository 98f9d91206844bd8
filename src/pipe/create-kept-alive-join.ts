import type { Clock } from '../core/clock.ts'
import { createDeadlines } from '../core/deadlines.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import type { Join } from './types.ts'

/**
 * The age at which a pipe's target gets keepalive, in milliseconds. Most connections end earlier and save
 * four system calls.
 */
export const KEEP_ALIVE_AGE_MS = 1000

/**
 * Sets keepalive on the target of each pipe of `inner` once the pipe is `KEEP_ALIVE_AGE_MS` old. Client
 * sockets already have keepalive.
 *
 * @param setKeepAlive may get a closed socket
 */
export const createKeptAliveJoin = (
  inner: Join,
  clock: Clock,
  setKeepAlive: (target: StreamSocket) => void,
): Join => {
  const young = createDeadlines(clock, KEEP_ALIVE_AGE_MS)
  return (client, upstream, options, done) => {
    // A pipe calls `done` later, never at once.
    const end = inner(client, upstream, options, result => {
      young.remove(deadline)
      done(result)
    })
    // Only now: an inner join that throws has started no pipe.
    const deadline = young.add(() => setKeepAlive(upstream))
    return end
  }
}
