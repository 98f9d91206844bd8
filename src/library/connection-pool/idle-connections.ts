import type { Socket } from 'node:net'
import type { CancelTimer, Clock } from '../../core/clock.ts'

/** Connected sockets that are not in use. They do not keep the process alive. */
type IdleConnections = {
  readonly size: () => number
  /** Adds a healthy socket. */
  readonly put: (socket: Socket) => void
  /** Returns the most recently used socket, if healthy; undefined if there is none. */
  readonly take: () => Socket | undefined
  /** Closes all idle sockets. */
  readonly clear: () => void
}

type Resting = { readonly socket: Socket; readonly until: number; readonly wake: () => void }

/** Whether a socket can be reused: both directions are open, and there are no unread bytes. */
export const isHealthy = (socket: Socket): boolean =>
  !socket.destroyed &&
  !socket.connecting &&
  socket.writable &&
  socket.readable &&
  !socket.readableEnded &&
  socket.readableLength === 0

const ignore = (): void => {}

/** Closes a socket that is no longer needed. */
export const discard = (socket: Socket): void => {
  // Ignore errors while it closes.
  socket.on('error', ignore)
  socket.destroy()
}

/**
 * Keeps idle connections. Each is read meanwhile: if the target sends bytes or a FIN without a request, the
 * connection is unusable and is closed at once.
 *
 * The most recently used connection is returned first, so that surplus ones time out. They are in order of
 * their idle time, so one timer serves all of them.
 *
 * @param idleTimeoutMs how long a connection may be idle; null: until the target closes it
 */
export const createIdleConnections = ({
  idleTimeoutMs,
  clock,
}: {
  readonly idleTimeoutMs: number | null
  readonly clock: Clock
}): IdleConnections => {
  /** Ordered by idle time, the longest first. */
  const resting: Resting[] = []
  let cancelTimer: CancelTimer | undefined

  const arm = (): void => {
    const [oldest] = resting
    if (!oldest || oldest.until === Infinity) {
      cancelTimer?.()
      cancelTimer = undefined
    } else cancelTimer ??= clock.after(oldest.until - clock.now(), onTimer)
  }

  /** Closes one idle connection. */
  const end = (rest: Resting): void => {
    resting.splice(resting.indexOf(rest), 1)
    rest.wake()
    discard(rest.socket)
  }

  const onTimer = (): void => {
    cancelTimer = undefined
    const now = clock.now()
    for (const rest of resting.filter(({ until }) => until <= now)) end(rest)
    arm()
  }

  return {
    size: () => resting.length,
    put: socket => {
      const onSaid = (): void => {
        end(rest)
        arm()
      }
      const wake = (): void => {
        socket.off('readable', onSaid).off('error', onSaid).off('close', onSaid)
        socket.ref()
      }
      const until = idleTimeoutMs === null ? Infinity : clock.now() + idleTimeoutMs
      const rest: Resting = { socket, until, wake }
      resting.push(rest)
      // A `readable` listener makes Node read the socket and buffer what arrives.
      socket.on('readable', onSaid).on('error', onSaid).on('close', onSaid)
      socket.unref()
      arm()
    },
    take: () => {
      for (let last = resting.pop(); last; last = resting.pop()) {
        last.wake()
        if (isHealthy(last.socket)) {
          arm()
          return last.socket
        }
        discard(last.socket)
      }
      arm()
      return undefined
    },
    clear: () => {
      for (let rest = resting[0]; rest; rest = resting[0]) end(rest)
      arm()
    },
  }
}
