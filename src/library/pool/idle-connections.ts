import type { Socket } from 'node:net'
import type { CancelTimer, Clock } from '../../core/clock.ts'

/** Connected sockets that nobody uses just now. They do not keep the process alive. */
export type IdleConnections = {
  readonly size: () => number
  /** Takes a healthy socket over. */
  readonly put: (socket: Socket) => void
  /** Hands out the one that was used last, healthy still; undefined where there is none. */
  readonly take: () => Socket | undefined
  /** Closes all. */
  readonly clear: () => void
}

type Resting = { readonly socket: Socket; readonly until: number; readonly wake: () => void }

/** Whether a socket can serve a new user: both directions are open, and no byte waits that an earlier one left. */
export const isHealthy = (socket: Socket): boolean =>
  !socket.destroyed &&
  !socket.connecting &&
  socket.writable &&
  socket.readable &&
  !socket.readableEnded &&
  socket.readableLength === 0

const ignore = (): void => {}

/** Closes a socket that nobody wants. */
export const discard = (socket: Socket): void => {
  // What it may still say of its end, nobody wants to hear.
  socket.on('error', ignore)
  socket.destroy()
}

/**
 * Keeps connections until they are wanted again. Each is read meanwhile: whatever its target says
 * while nobody has asked anything, bytes or its end, makes it worthless, and it is closed at once.
 *
 * The one used last is handed out first, so that those which are too many rest, and end. One timer
 * serves all of them, since they have rested the longer the earlier they came.
 *
 * @param idleTimeoutMs how long a connection may rest; null: for as long as its target lets it
 */
export const createIdleConnections = ({
  idleTimeoutMs,
  clock,
}: {
  readonly idleTimeoutMs: number | null
  readonly clock: Clock
}): IdleConnections => {
  /** The longest rested first. */
  const resting: Resting[] = []
  let cancelTimer: CancelTimer | undefined

  const arm = (): void => {
    const [oldest] = resting
    if (!oldest || oldest.until === Infinity) {
      cancelTimer?.()
      cancelTimer = undefined
    } else cancelTimer ??= clock.after(oldest.until - clock.now(), onTimer)
  }

  /** Closes one of those that rest. */
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
      // As long as somebody listens to `readable`, the socket is read, and what comes is kept.
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
