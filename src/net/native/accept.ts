import type { Clock } from '../../core/clock.ts'
import type { SocketEnd } from '../../core/socket-end.ts'
import { ERRNO, SOCK } from '../../libc/constants.ts'
import { errnoError } from '../../libc/errno-error.ts'
import type { Poller } from '../../libc/poller-types.ts'
import { createSocketAddressRoom, decodeSocketAddress } from '../../libc/socket-address.ts'
import type { Libc } from '../../libc/types.ts'

/** Connections that are accepted in one turn, before others than this listener have theirs. */
const ACCEPTS_MAX = 64

/** How long nothing is accepted where the system has no descriptor or no memory for it. */
const REST_MS = 100

/** What accept(2) says of one connection, which is over: the next one may be well. */
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

/** One for all listeners: what is in it is read at once. */
const room = createSocketAddressRoom()
const ROOM_BYTES = room.bytes.length

/**
 * Accepts what comes on a listening socket, in turns. Where descriptors run out (EMFILE, ENFILE), or
 * memory, it rests, and what comes meanwhile waits in the system's queue.
 *
 * @param fd listens, and does not block. It stays the caller's, who closes it after the end
 * @param onAccepted gets a descriptor that does not block, and its peer. What it throws is an uncaught
 *   exception; accepting goes on
 * @param onError hears why there is a rest: once, until something could be accepted again
 * @returns ends it. Throws the system's error where the socket cannot be watched
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
  readonly onAccepted: (fd: number, remote: SocketEnd) => void
  readonly onError: (error: Error) => void
}): (() => void) => {
  let open = true
  /** A turn is to come by itself: what is told meanwhile says nothing new. */
  let later = false
  let told = false
  let cancelRest = (): void => {}

  const rest = (errno: number): void => {
    later = true
    cancelRest = clock.after(REST_MS, goOn)
    if (told) return
    told = true
    onError(errnoError(errno, 'accept'))
  }

  const goOn = (): void => {
    later = false
    if (open) accept()
  }

  const accept = (): void => {
    // Connections are told of once, so nothing may be left behind without a turn to come.
    let mayHaveMore = true
    try {
      for (let left = ACCEPTS_MAX; left > 0; left--) {
        // Who was given the last one may have ended it.
        if (!open) return
        room.length[0] = ROOM_BYTES
        const fd = libc.accept4(listener, room.bytes, room.length, SOCK.NONBLOCK | SOCK.CLOEXEC)
        if (fd >= 0) {
          told = false
          onAccepted(fd, decodeSocketAddress(room.bytes, libc))
        } else if (!PASSING.has(-fd)) {
          mayHaveMore = false
          if (fd !== -ERRNO.EAGAIN) rest(fd)
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
  return () => {
    if (!open) return
    open = false
    cancelRest()
    poller.unwatch(listener)
  }
}
