import type { Egress } from '../../core/egress.ts'
import { PLAIN_EGRESS } from '../../core/egress.ts'
import { parseIp, unmapIp } from '../../core/ip.ts'
import { ignoreErrors } from '../../core/stream-socket.ts'
import { resetOnClose } from '../../libc/connected-socket.ts'
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
import type { Libc } from '../../libc/libc.ts'
import type { OnEvents, Poller } from '../../libc/epoll-events.ts'
import { encodeSocketAddress, localEnd, peerEnd } from '../../libc/socket-address.ts'
import type { Connect, Connected, Endpoint, NotConnected, OnExhausted } from '../network.ts'
import { EXHAUSTED, notConnected } from '../network.ts'
import type { SocketTuning } from '../socket-tuning.ts'
import { createSocketTuning } from '../socket-tuning.ts'
import type { CompiledEgress } from './egress-options.ts'
import { createEgressOf } from './egress-options.ts'
import type { NativeSocket } from './native-socket.ts'
import { createNativeSocket } from './native-socket.ts'

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
 * Opens a socket and begins to connect it.
 *
 * @returns its descriptor, or why there is none; no packet was sent then
 */
const begin = (
  { libc, tuning, onExhausted }: Parts,
  egress: CompiledEgress,
  endpoint: Endpoint,
): number | NotConnected => {
  const { address, port } = endpoint
  const ip = endpoint.ip ?? parseIp(address)
  if (!ip) return notConnected(endpoint, 'EINVAL', false)
  if (!(port >= 0 && port <= PORT_MAX)) return notConnected(endpoint, 'ERR_SOCKET_BAD_PORT', false)
  const scope = ip.zone === undefined ? 0 : libc.ifNametoindex(ip.zone)
  // Without a zone the kernel would choose an interface itself.
  if (ip.zone !== undefined && scope === 0) return notConnected(endpoint, 'ENETUNREACH', false)
  const failed = (errno: number): NotConnected => {
    const error = errnoError(errno, 'connect', { address, port })
    if (EXHAUSTED.has(error.code)) onExhausted?.('connect', error.code)
    return notConnected(endpoint, error.code, false, error)
  }
  const domain = ip.family === 4 ? AF.INET : AF.INET6
  const type = SOCK.STREAM | SOCK.NONBLOCK | SOCK.CLOEXEC
  const fd = libc.socket(domain, type, egress.protocol)
  if (fd < 0) return failed(fd)
  if (egress.noDelay) libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, ON)
  tuning.connecting(fd)
  // To an IPv4-mapped address an IPv6 socket sends by IPv4. With `bind4` it fails, and does not use another source.
  const refused = egress.prepare(fd, unmapIp(ip).family)
  if (refused < 0) {
    libc.close(fd)
    const failure = failed(refused)
    return EXHAUSTED.has(failure.code) ? failure : { ...failure, noEgress: true }
  }
  const target = encodeSocketAddress(ip, port, scope)
  const result = libc.connect(fd, target, target.length)
  if (result === 0 || result === -ERRNO.EINPROGRESS) return fd
  libc.close(fd)
  return failed(result)
}

/**
 * TCP lets a socket connect to itself: if nobody listens on a local port, the system may choose that port
 * as the source port of the connection (simultaneous open, RFC 9293 section 3.5). The socket would read its
 * own data.
 */
const isSelfConnected = (libc: Libc, fd: number, local: Connected<unknown>['local']): boolean => {
  const peer = peerEnd(libc, fd)
  return peer?.port === local.port && peer.address === local.address
}

/** The epoll callback of each descriptor: the connection attempt's first, then the socket's. */
type Watched = { onEvents: OnEvents }

/** A function of its own, so that its closure keeps nothing of the attempt for the life of the socket. */
const watch = (poller: Poller, fd: number, watched: Watched): number =>
  poller.watch(fd, events => watched.onEvents(events))

const byte = new Uint8Array(1)

/**
 * Why a socket is not connected, as a negative error number. 0 if it is or was connected: a target may
 * reply and reset at once, and its reply must still be read.
 */
const failureOf = (libc: Libc, fd: number): number => {
  const found = libc.recv(fd, byte, 1, MSG.PEEK | MSG.DONTWAIT)
  if (found > 0) return 0
  // A recv(2) with MSG_PEEK clears the pending error.
  if (found < 0 && found !== -ERRNO.EAGAIN) return found
  libc.getsockopt(fd, SOL_SOCKET, SO.ERROR, value)
  return -(value[0] ?? 0)
}

/** The result of an attempt that has succeeded or failed. Takes ownership of the descriptor. */
const settled = (
  { libc, poller }: Parts,
  endpoint: Endpoint,
  fd: number,
  watched: Watched,
  events: number,
  { setKeepAlive }: CompiledEgress,
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
  setKeepAlive?.(fd)
  const socket = createNativeSocket({
    libc,
    poller,
    fd,
    remote: endpoint,
    local,
    hasOwnKeepAlive: setKeepAlive !== undefined,
    // The descriptor is already watched, and epoll does not report these events again.
    watch: onEvents => {
      watched.onEvents = onEvents
      onEvents(events)
      return 0
    },
  })
  ignoreErrors(socket)
  return { ok: true, socket, local }
}

/**
 * Works like `createNodeConnect`, by calls of the C library: the same rules hold for the socket before and
 * after `settle`.
 *
 * @param tuning options of the sockets. The caller sets keepalive on sockets that it keeps for long
 * @param egress by default plain; that of an endpoint replaces it key by key
 */
export const createNativeConnect = ({
  libc,
  poller,
  tuning = createSocketTuning(libc, null),
  onExhausted,
  egress: own = PLAIN_EGRESS,
}: Omit<Parts, 'tuning'> & {
  readonly tuning?: Tuning
  readonly egress?: Egress
}): Connect<NativeSocket> => {
  const parts: Parts = { libc, poller, tuning, onExhausted }
  const egressOf = createEgressOf(libc, own)
  return (endpoint, settle) => {
    let open = true
    const fail = (result: NotConnected): (() => boolean) => {
      process.nextTick(() => {
        if (open) settle(result)
      })
      return () => (open = false)
    }
    const egress = egressOf(endpoint.egress)
    const fd = begin(parts, egress, endpoint)
    if (typeof fd !== 'number') return fail(fd)
    const watched: Watched = {
      onEvents: events => {
        // None of these bits is set while the attempt is in progress.
        if ((events & (EPOLL.OUT | FAILED)) === 0) return
        open = false
        settle(settled(parts, endpoint, fd, watched, events, egress))
      },
    }
    const result = watch(poller, fd, watched)
    if (result < 0) {
      libc.close(fd)
      const error = errnoError(result, 'epoll_ctl')
      return fail(notConnected(endpoint, error.code, true, error))
    }
    return () => {
      if (!open) return false
      open = false
      // The peer's address is known once the connection is established.
      const made = peerEnd(libc, fd) !== undefined
      poller.unwatch(fd)
      if (made) resetOnClose(libc, fd)
      // close(2) stops SYN retransmissions. A race cancels the attempts that have not won (RFC 8305 section
      // 5).
      libc.close(fd)
      return made
    }
  }
}
