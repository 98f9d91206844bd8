import { ignoreErrors } from '../../core/ignore-errors.ts'
import { parseIp } from '../../core/ip.ts'
import {
  AF,
  EPOLL,
  ERRNO,
  IPPROTO_TCP,
  MSG,
  SO,
  SOCK,
  SOL_SOCKET,
  TCP_NODELAY,
} from '../../libc/constants.ts'
import { errnoError } from '../../libc/errno-error.ts'
import type { OnEvents, Poller } from '../../libc/poller-types.ts'
import { resetOnClose } from '../../libc/reset-on-close.ts'
import { encodeSocketAddress, localEnd, peerEnd } from '../../libc/socket-address.ts'
import type { Libc } from '../../libc/types.ts'
import type { OnExhausted } from '../exhausted.ts'
import { EXHAUSTED } from '../exhausted.ts'
import { notConnected } from '../not-connected.ts'
import type { SocketTuning } from '../socket-tuning.ts'
import { createSocketTuning } from '../socket-tuning.ts'
import type { Connect, Connected, Endpoint, NotConnected } from '../types.ts'
import type { NativeSocket } from './socket.ts'
import { createNativeSocket } from './socket.ts'

const PORT_MAX = 65_535

const ON = Int32Array.of(1)

const FAILED = EPOLL.ERR | EPOLL.HUP

const value = new Int32Array(1)

type Tuning = Pick<SocketTuning, 'connecting'>

type Parts = {
  readonly libc: Libc
  readonly poller: Poller
  readonly tuning: Tuning
  readonly onExhausted?: OnExhausted | undefined
}

/**
 * A socket that has begun to connect.
 *
 * @returns its descriptor, or why there is none: nothing was sent then
 */
const begin = ({ libc, tuning, onExhausted }: Parts, endpoint: Endpoint): number | NotConnected => {
  const { address, port } = endpoint
  const ip = parseIp(address)
  if (!ip) return notConnected(endpoint, 'EINVAL', false)
  if (!(port >= 0 && port <= PORT_MAX)) return notConnected(endpoint, 'ERR_SOCKET_BAD_PORT', false)
  const scope = ip.zone === undefined ? 0 : libc.ifNametoindex(ip.zone)
  // The kernel would take no zone at all, and choose an interface itself.
  if (ip.zone !== undefined && scope === 0) return notConnected(endpoint, 'ENETUNREACH', false)
  const failed = (errno: number): NotConnected => {
    const error = errnoError(errno, 'connect', { address, port })
    if (EXHAUSTED.has(error.code)) onExhausted?.('connect', error.code)
    return notConnected(endpoint, error.code, false, error)
  }
  const domain = ip.family === 4 ? AF.INET : AF.INET6
  const fd = libc.socket(domain, SOCK.STREAM | SOCK.NONBLOCK | SOCK.CLOEXEC, 0)
  if (fd < 0) return failed(fd)
  libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, ON)
  tuning.connecting(fd)
  const target = encodeSocketAddress(ip, port, scope)
  const result = libc.connect(fd, target, target.length)
  if (result === 0 || result === -ERRNO.EINPROGRESS) return fd
  libc.close(fd)
  return failed(result)
}

/**
 * TCP lets a socket connect to itself: where nobody listens on a local port, the system may give just
 * that port to the one that connects to it (simultaneous open, RFC 9293 section 3.5). It would hear
 * its own words.
 */
const isSelfConnected = (libc: Libc, fd: number, local: Connected<unknown>['local']): boolean => {
  const peer = peerEnd(libc, fd)
  return peer?.port === local.port && peer.address === local.address
}

/** Who is told of a descriptor: first the attempt, then the socket that came of it. */
type Told = { tell: OnEvents }

/** Apart from the attempt, so that nothing of it is kept for as long as the socket lives. */
const watch = (poller: Poller, fd: number, told: Told): number =>
  poller.watch(fd, events => told.tell(events))

const byte = new Uint8Array(1)

/**
 * Why a socket is not connected, as a negative error number. 0 where it is, or was: a target that answers
 * and resets at once has been connected to, and its answer is still to be read.
 */
const failureOf = (libc: Libc, fd: number): number => {
  const found = libc.recv(fd, byte, 1, MSG.PEEK | MSG.DONTWAIT)
  if (found > 0) return 0
  // A look takes the error away.
  if (found < 0 && found !== -ERRNO.EAGAIN) return found
  libc.getsockopt(fd, SOL_SOCKET, SO.ERROR, value)
  return -(value[0] ?? 0)
}

/** What has become of an attempt that is over, one way or the other. Takes the descriptor over. */
const settled = (
  { libc, poller }: Parts,
  endpoint: Endpoint,
  fd: number,
  told: Told,
  events: number,
): Connected<NativeSocket> | NotConnected => {
  const close = (): void => {
    poller.unwatch(fd)
    libc.close(fd)
  }
  const failed = (errno: number): NotConnected => {
    close()
    const error = errnoError(errno, 'connect', { address: endpoint.address, port: endpoint.port })
    return notConnected(endpoint, error.code, true, error)
  }
  if (events & FAILED) {
    const errno = failureOf(libc, fd)
    if (errno < 0) return failed(errno)
  }
  const local = localEnd(libc, fd)
  if (!local) return failed(-ERRNO.ECONNABORTED)
  if (local.port === endpoint.port && isSelfConnected(libc, fd, local)) {
    resetOnClose(libc, fd)
    close()
    return notConnected(endpoint, 'ECONNREFUSED', true)
  }
  const socket = createNativeSocket({
    libc,
    poller,
    fd,
    remote: endpoint,
    local,
    // It is watched already, and what was told of it is not told again.
    watch: onEvents => {
      told.tell = onEvents
      onEvents(events)
      return 0
    },
  })
  ignoreErrors(socket)
  return { ok: true, socket, local }
}

/**
 * Connection attempts as `createConnect` makes them, by calls of the C library: what becomes of the
 * socket before and after `settle` is told there.
 *
 * @param tuning of the sockets. Whoever keeps one for long sets keepalive on it
 */
export const createNativeConnect = ({
  libc,
  poller,
  tuning = createSocketTuning(libc, null),
  onExhausted,
}: Omit<Parts, 'tuning'> & { readonly tuning?: Tuning }): Connect<NativeSocket> => {
  const parts: Parts = { libc, poller, tuning, onExhausted }
  return (endpoint, settle) => {
    let open = true
    const fail = (result: NotConnected): (() => boolean) => {
      process.nextTick(() => {
        if (open) settle(result)
      })
      return () => (open = false)
    }
    const fd = begin(parts, endpoint)
    if (typeof fd !== 'number') return fail(fd)
    const told: Told = {
      tell: events => {
        // An attempt that is under way has nothing to tell: neither bit is there.
        if ((events & (EPOLL.OUT | FAILED)) === 0) return
        open = false
        settle(settled(parts, endpoint, fd, told, events))
      },
    }
    const watched = watch(poller, fd, told)
    if (watched < 0) {
      libc.close(fd)
      const error = errnoError(watched, 'epoll_ctl')
      return fail(notConnected(endpoint, error.code, true, error))
    }
    return () => {
      if (!open) return false
      open = false
      // The system knows the other end once the connection is made.
      const made = peerEnd(libc, fd) !== undefined
      poller.unwatch(fd)
      if (made) resetOnClose(libc, fd)
      // The system sends no further SYN: a race cancels the attempts that have not won (RFC 8305
      // section 5).
      libc.close(fd)
      return made
    }
  }
}
