import type { Clock } from '../../core/clock.ts'
import { ignoreErrors } from '../../core/stream-socket.ts'
import type { SocketAddress } from '../../core/listen-address.ts'
import type { Libc } from '../../libc/libc.ts'
import type { Poller } from '../../libc/epoll-events.ts'
import { localEnd } from '../../libc/socket-address.ts'
import type { Bound, Listen, ListenOptions } from '../listen.ts'
import { bindFailure } from '../listen.ts'
import { createNodeListen } from '../node/node-listen.ts'
import type { SocketTuning } from '../socket-tuning.ts'
import { createSocketTuning } from '../socket-tuning.ts'
import { UNIX_MODE } from '../unix-place.ts'
import type { StopAccepting } from './accept.ts'
import { acceptSockets } from './accept.ts'
import { bindNative } from './bind.ts'
import { listenPassedNative } from './native-listen-passed.ts'
import { listenUnixNative, takeOver } from './native-listen-unix.ts'
import type { NativeSocket } from './native-socket.ts'
import { createNativeSocket } from './native-socket.ts'

type Parts = {
  readonly libc: Libc
  readonly poller: Poller
  /** Options of the sockets; by default without keepalive. */
  readonly tuning?: SocketTuning
  /** The real clock by default; tests pass their own. */
  readonly clock?: Pick<Clock, 'after'>
  /**
   * Other processes of this user listen on the same TCP addresses, and share the connections
   * (SO_REUSEPORT).
   */
  readonly reusePort?: boolean
}

const listenTcp = (
  parts: Parts,
  tuning: SocketTuning,
  address: SocketAddress & { readonly type: 'tcp' },
  options: ListenOptions,
): Bound => {
  const { libc, reusePort } = parts
  let untune = (): void => {}
  const tune = (listener: number): void => {
    untune = tuning.listening(listener, options.keepAlive)
  }
  let fd: number
  try {
    fd = bindNative(libc, address, reusePort, tune)
  } catch (error) {
    untune()
    throw error
  }
  let stop: StopAccepting
  try {
    stop = acceptSockets({ ...parts, fd }, options)
  } catch (error) {
    untune()
    libc.close(fd)
    throw error
  }
  return {
    address: address.port === 0 ? { ...address, port: localEnd(libc, fd)?.port ?? 0 } : address,
    close: async () => {
      try {
        stop(true)
      } finally {
        untune()
        libc.close(fd)
      }
    },
  }
}

const listenUnix = (
  parts: Parts,
  tuning: SocketTuning,
  address: SocketAddress & { readonly type: 'unix' },
  options: ListenOptions,
): Promise<Bound> => {
  const { mode = UNIX_MODE, group } = options
  const accept = (fd: number): StopAccepting =>
    acceptSockets({ ...parts, fd }, options, tuning.unix)
  return listenUnixNative(parts.libc, address, { mode, group }, accept)
}

const listenPassed = (
  parts: Parts,
  tuning: SocketTuning,
  address: SocketAddress,
  options: ListenOptions,
): Bound => {
  const fd = address.passed ?? -1
  // An accepted UNIX socket inherits no options.
  const tune = address.type === 'unix' ? tuning.unix : undefined
  const { keepAlive } = options
  return listenPassedNative(parts.libc, { address, fd }, { tuning, keepAlive }, () =>
    acceptSockets({ ...parts, fd }, options, tune),
  )
}

/** Listens on a UNIX socket that node:cluster shares with this process: Node accepts its connections. */
const createListenShared = ({ libc, poller }: Parts, tuning: SocketTuning): Listen => {
  const listenByNode = createNodeListen({ tuning })
  const adopt = (fd: number): NativeSocket => {
    const socket = createNativeSocket({ libc, poller, fd, remote: undefined })
    ignoreErrors(socket)
    return socket
  }
  return (address, options) =>
    listenByNode(address, {
      ...options,
      onConnection: socket => options.onConnection(takeOver(libc, socket, adopt)),
    })
}

/**
 * Listens like `createNodeListen`, with sockets that use calls of the C library. A zone that is no interface of
 * this host fails with EADDRNOTAVAIL.
 */
export const createNativeListen = (parts: Parts): Listen => {
  const { tuning = createSocketTuning(parts.libc, null) } = parts
  const listenShared = createListenShared(parts, tuning)
  return async (address, options) => {
    if (options.boundAs !== undefined) return listenShared(address, options)
    let bound: Bound
    try {
      bound =
        address.passed !== undefined
          ? listenPassed(parts, tuning, address, options)
          : address.type === 'tcp'
            ? listenTcp(parts, tuning, address, options)
            : await listenUnix(parts, tuning, address, options)
    } catch (error) {
      throw bindFailure(error, address)
    }
    let closing: Promise<void> | undefined
    return { address: bound.address, close: () => (closing ??= bound.close()) }
  }
}
