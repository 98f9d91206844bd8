import type { Clock } from '../core/clock.ts'
import { createDeadlines } from '../core/deadlines.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import type { Join } from './types.ts'

/**
 * How long a pipe has lived before its target is probed, in milliseconds. Most connections are over by
 * then, and are spared four system calls.
 */
export const KEEP_ALIVE_AGE_MS = 1000

/**
 * Sets keepalive on the target of each pipe of another `Join`, once the pipe is `KEEP_ALIVE_AGE_MS` old. Sockets of
 * clients have it already.
 *
 * @param setKeepAlive may get a socket that is closed
 */
export const createKeptAliveJoin = (
  inner: Join,
  clock: Clock,
  setKeepAlive: (target: StreamSocket) => void,
): Join => {
  const young = createDeadlines(clock, KEEP_ALIVE_AGE_MS)
  return (client, upstream, options, done) => {
    const deadline = young.add(() => setKeepAlive(upstream))
    return inner(client, upstream, options, result => {
      young.remove(deadline)
      done(result)
    })
  }
}
