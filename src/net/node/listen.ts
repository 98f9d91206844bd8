import cluster from 'node:cluster'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer, isIPv6 } from 'node:net'
import { ignoreErrors } from '../../core/ignore-errors.ts'
import type { ListenAddress } from '../../core/listen-address.ts'
import type { StreamSocket } from '../../core/stream-socket.ts'
import type { Libc } from '../../libc/types.ts'
import { bindFailure } from '../bind-failure.ts'
import type { Bound } from '../bound.ts'
import { bindNative } from '../native/bind.ts'
import type { SocketTuning } from '../socket-tuning.ts'
import { createSocketTuning } from '../socket-tuning.ts'
import { UNIX_MODE } from '../unix-place.ts'
import { listenUnix, listenUnixShared } from './listen-unix.ts'
import { SOCKET_OPTIONS } from './socket-options.ts'
import { startServer } from './start-server.ts'

/** @typeParam S type of the accepted sockets */
export type ListenOptions<S = StreamSocket> = {
  /** Permissions of a UNIX socket, 0 to 0o777; 0o600 by default. */
  readonly mode?: number
  /** The group of a UNIX socket, by name or number; the process's own by default. */
  readonly group?: string | number
  /**
   * The name under which another process binds and shares a UNIX socket; that process then sets `mode` and
   * `group`.
   */
  readonly boundAs?: string
  /**
   * Called with each accepted connection, which it then owns and must close. The socket is paused and
   * unread, it allows half-close, and it has an error listener.
   */
  readonly onConnection: (socket: S) => void
  /** Called with later accept errors, such as ENFILE. Listening goes on. */
  readonly onError?: (error: Error) => void
}

type ListenParts = {
  readonly tuning: Pick<SocketTuning, 'accepted' | 'listening'>
  readonly libc: Libc | null
}

type TcpAddress = ListenAddress & { readonly type: 'tcp' }

const bindTcp = async (
  server: Server,
  address: TcpAddress,
  { tuning, libc }: ListenParts,
): Promise<() => void> => {
  const { host, port } = address
  if (!libc) {
    // Without ipv6Only `::` would occupy the port for IPv4 as well, and conflict with 0.0.0.0.
    const ipv6Only = isIPv6(host)
    await startServer(server, { host, port, ipv6Only })
    return () => {}
  }
  let untune = (): void => {}
  const tune = (fd: number): void => {
    untune = tuning.listening(fd)
  }
  try {
    const fd = bindNative(libc, address, false, tune)
    await startServer(server, { fd })
  } catch (error) {
    untune()
    throw error
  }
  return untune
}

const listenTcp = async (
  server: Server,
  address: TcpAddress,
  parts: ListenParts,
): Promise<Bound> => {
  const untune = await bindTcp(server, address, parts)
  const { port } = server.address() as AddressInfo
  return {
    address: { ...address, port },
    close: async () => {
      untune()
      // This call closes the descriptor. Its callback is not awaited, because it waits for all connections.
      server.close()
    },
  }
}

/** The type of `createListen`'s result and of its alternatives. */
export type Listen<S = StreamSocket> = (
  address: ListenAddress,
  options: ListenOptions<S>,
) => Promise<Bound>

/**
 * Creates a function that listens on one address by Node's sockets.
 *
 * @param tuning options of the accepted sockets; Node's defaults if absent
 * @param libc sets the options on TCP listening sockets, from which accepted sockets inherit them; this
 *   saves five system calls per connection. Without it, and in a worker of node:cluster, each socket gets
 *   its own options
 * @returns rejects with a Failure whose `code` is the system's (EADDRINUSE, EADDRNOTAVAIL, EACCES and
 *   others) and whose `address` is the text of the address; with ERR_CONFIG for an unknown group
 */
export const createListen = ({
  tuning = createSocketTuning(null, null),
  libc = null,
}: Partial<ListenParts> = {}): Listen<Socket> => {
  return async (address, { mode = UNIX_MODE, group, boundAs, onConnection, onError }) => {
    // The primary of a cluster binds for its workers.
    const inherits = libc !== null && address.type === 'tcp' && !cluster.isWorker
    const options = { ...SOCKET_OPTIONS, noDelay: !inherits, pauseOnConnect: true }
    const server = createServer(options, socket => {
      ignoreErrors(socket)
      if (!inherits) tuning.accepted(socket)
      onConnection(socket)
    })
    ignoreErrors(server)
    let bound: Bound
    try {
      bound =
        address.type === 'tcp'
          ? await listenTcp(server, address, { tuning, libc: inherits ? libc : null })
          : boundAs === undefined
            ? await listenUnix(server, address, { mode, group })
            : await listenUnixShared(server, address, boundAs)
    } catch (error) {
      throw bindFailure(error, address)
    }
    if (onError) server.on('error', onError)
    let closing: Promise<void> | undefined
    return { address: bound.address, close: () => (closing ??= bound.close()) }
  }
}
