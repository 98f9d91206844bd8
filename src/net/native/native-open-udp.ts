import type { EgressPath } from '../../core/egress.ts'
import { parseIp } from '../../core/ip.ts'
import { AF, EPOLL, ERRNO, MSG, SOCK } from '../../libc/constants.ts'
import type { Poller } from '../../libc/epoll-events.ts'
import { errnoError } from '../../libc/errno-error.ts'
import type { Libc } from '../../libc/libc.ts'
import { encodeSocketAddress } from '../../libc/socket-address.ts'
import type { Endpoint } from '../network.ts'
import type { OpenUdp } from '../node/open-udp.ts'
import type { PrepareSocket } from './egress-options.ts'
import { compilePath } from './egress-options.ts'

/** The largest datagram of UDP. */
const READ_BUFFER = new Uint8Array(65_535)

/** The most datagrams that one socket reads before other sockets get their turn. */
const TURN_DATAGRAMS = 32

/** @returns the descriptor of a connected socket, or a negative error number */
export const connectUdp = (
  libc: Libc,
  prepare: PrepareSocket,
  { address, port }: Pick<Endpoint, 'address' | 'port'>,
): number => {
  const ip = parseIp(address)
  if (!ip) return -ERRNO.EINVAL
  const scope = ip.zone === undefined ? 0 : libc.ifNametoindex(ip.zone)
  // Without a zone the kernel would choose an interface itself.
  if (ip.zone !== undefined && scope === 0) return -ERRNO.ENETUNREACH
  const domain = ip.family === 4 ? AF.INET : AF.INET6
  const fd = libc.socket(domain, SOCK.DGRAM | SOCK.NONBLOCK | SOCK.CLOEXEC, 0)
  if (fd < 0) return fd
  const target = encodeSocketAddress(ip, port, scope)
  let result = prepare(fd, ip.family)
  if (result >= 0) result = libc.connect(fd, target, target.length)
  if (result >= 0) return fd
  libc.close(fd)
  return result
}

/**
 * UDP by calls of the C library, for DNS queries that leave by a path of their own. Works like
 * `createOpenUdp`.
 */
export const createNativeOpenUdp = (libc: Libc, poller: Poller, path: EgressPath): OpenUdp => {
  const prepare = compilePath(libc, path)
  return (endpoint, { message, failed }) => {
    let isOpening = true
    let closed = false
    const fd = connectUdp(libc, prepare, endpoint)

    const close = (): void => {
      if (closed) return
      closed = true
      if (fd < 0) return
      poller.unwatch(fd)
      libc.close(fd)
    }

    const fail = (errno: number): void => {
      const report = (): void => {
        if (closed) return
        close()
        failed(errnoError(errno, 'connect').code)
      }
      if (isOpening) queueMicrotask(report)
      else report()
    }

    const read = (): void => {
      for (let turn = 0; turn < TURN_DATAGRAMS; turn++) {
        if (closed) return
        const length = libc.recv(fd, READ_BUFFER, READ_BUFFER.length, MSG.DONTWAIT)
        if (length === -ERRNO.EAGAIN) return
        if (length < 0) return fail(length)
        message(READ_BUFFER.slice(0, length))
      }
      poller.soon(read)
    }

    if (fd < 0) fail(fd)
    else {
      const watched = poller.watch(fd, events => {
        if (events & (EPOLL.IN | EPOLL.ERR | EPOLL.HUP)) read()
      })
      if (watched < 0) fail(watched)
    }
    isOpening = false

    return {
      send: bytes => {
        if (closed || fd < 0) return
        const sent = libc.send(fd, bytes, bytes.length, MSG.DONTWAIT | MSG.NOSIGNAL)
        // A full send buffer loses a packet, as the network may. Callers expect no call before this returns.
        if (sent < 0 && sent !== -ERRNO.EAGAIN) queueMicrotask(() => fail(sent))
      },
      close,
    }
  }
}
