import type { Clock } from '../../core/clock.ts'
import { ignoreErrors } from '../../core/stream-socket.ts'
import type { SocketEnd } from '../../core/stream-socket.ts'
import { ERRNO, SOCK } from '../../libc/constants.ts'
import { errnoError } from '../../libc/errno-error.ts'
import type { Libc } from '../../libc/libc.ts'
import type { Poller } from '../../libc/epoll-events.ts'
import { createSocketAddressBuffer, decodeSocketAddress } from '../../libc/socket-address.ts'
import { createRealClock } from '../host/real-clock.ts'
import type { ListenOptions } from '../listen.ts'
import { LISTEN_BACKLOG } from '../listen.ts'
import { createNativeSocket } from './native-socket.ts'

/** The most connections accepted in one turn, before other listeners get theirs. */
const ACCEPTS_MAX = 64

/** Milliseconds without accept(2) after it failed for lack of descriptors or memory. */
const PAUSE_MS = 100

/** accept(2) errors that concern one dead connection only; keep accepting. */
const PASSING: ReadonlySet<number> = new Set([
  ERRNO.EPERM,
  ERRNO.EINTR,
  ERRNO.ENONET,
  ERRNO.EPROTO,
  ERRNO.ENOPROTOOPT,
  ERRNO.EOPNOTSUPP,
  ERRNO.ENETDOWN,
  ERRNO.ENETUNREACH,
  ERRNO.ECONNABORTED,
  ERRNO.EHOSTDOWN,
  ERRNO.EHOSTUNREACH,
])

/**
 * Stops accepting. A second call does nothing.
 *
 * @param takesQueued first accepts the connections that wait in the kernel's queue: close(2) of the listening
 *   socket would reset them. Default false
 */
export type StopAccepting = (takesQueued?: boolean) => void

/** One buffer for all listeners: the address is decoded before the next call. */
const peerAddress = createSocketAddressBuffer()
const ADDRESS_BYTES = peerAddress.bytes.length

/**
 * Accepts connections of a listening socket, in turns. If descriptors (EMFILE, ENFILE) or memory run out,
 * it pauses, and new connections wait in the kernel's queue.
 *
 * @param fd a non-blocking listening socket; the caller closes it after the end
 * @param onAccepted called with a non-blocking descriptor and its peer, undefined for a UNIX socket. An
 *   exception in it is uncaught; accepting goes on
 * @param onError called with the reason of a pause: once, until a connection could be accepted again
 * @returns stops accepting. Throws the system's error if the socket cannot be watched
 */
export const acceptNative = ({
  libc,
  poller,
  clock,
  fd: listener,
  onAccepted,
  onError,
}: {
  readonly libc: Libc
  readonly poller: Poller
  readonly clock: Pick<Clock, 'after'>
  readonly fd: number
  readonly onAccepted: (fd: number, remote: SocketEnd | undefined) => void
  readonly onError: (error: Error) => void
}): StopAccepting => {
  let open = true
  /** True while a turn is scheduled: events until then can be ignored. */
  let later = false
  let isReported = false
  let cancelPause = (): void => {}

  const pause = (errno: number): void => {
    later = true
    cancelPause = clock.after(PAUSE_MS, goOn)
    if (isReported) return
    isReported = true
    onError(errnoError(errno, 'accept'))
  }

  const goOn = (): void => {
    later = false
    if (open) accept()
  }

  const acceptOne = (): number => {
    peerAddress.length[0] = ADDRESS_BYTES
    const flags = SOCK.NONBLOCK | SOCK.CLOEXEC
    return libc.accept4(listener, peerAddress.bytes, peerAddress.length, flags)
  }

  const takeOver = (fd: number): void =>
    onAccepted(fd, decodeSocketAddress(peerAddress.bytes, libc))

  const accept = (): void => {
    // epoll is edge-triggered: while connections may be left in the queue, a further turn must be
    // scheduled.
    let mayHaveMore = true
    try {
      for (let left = ACCEPTS_MAX; left > 0; left--) {
        // `onAccepted` may have stopped this listener.
        if (!open) return
        const fd = acceptOne()
        if (fd >= 0) {
          isReported = false
          takeOver(fd)
        } else if (!PASSING.has(-fd)) {
          mayHaveMore = false
          if (fd !== -ERRNO.EAGAIN) pause(fd)
          return
        }
      }
    } finally {
      if (mayHaveMore && open) {
        later = true
        poller.soon(goOn)
      }
    }
  }

  const watched = poller.watch(listener, () => {
    if (!later) accept()
  })
  if (watched < 0) throw errnoError(watched, 'epoll_ctl')
  const takeQueued = (): void => {
    for (let left = LISTEN_BACKLOG; left > 0; left--) {
      const fd = acceptOne()
      if (fd >= 0) takeOver(fd)
      else if (!PASSING.has(-fd)) return
    }
  }

  return (takesQueued = false) => {
    if (!open) return
    open = false
    cancelPause()
    poller.unwatch(listener)
    if (takesQueued) takeQueued()
  }
}

/**
 * Accepts connections like `acceptNative`, and passes each on as a paused socket with an error listener.
 *
 * @param clock the real clock by default
 * @param tune called with each descriptor before anything is read from it
 * @returns stops accepting. Throws the system's error if the socket cannot be watched
 */
export const acceptSockets = (
  {
    libc,
    poller,
    clock = createRealClock(),
    fd: listener,
  }: {
    readonly libc: Libc
    readonly poller: Poller
    readonly clock?: Pick<Clock, 'after'>
    readonly fd: number
  },
  { onConnection, onError = () => {} }: Pick<ListenOptions, 'onConnection' | 'onError'>,
  tune?: (fd: number) => void,
): StopAccepting =>
  acceptNative({
    libc,
    poller,
    clock,
    fd: listener,
    onAccepted: (fd, remote) => {
      tune?.(fd)
      const socket = createNativeSocket({ libc, poller, fd, remote })
      ignoreErrors(socket)
      onConnection(socket)
    },
    onError,
  })
