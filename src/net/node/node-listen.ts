import cluster from 'node:cluster'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer, isIPv6 } from 'node:net'
import { ignoreErrors } from '../../core/stream-socket.ts'
import type { SocketAddress } from '../../core/listen-address.ts'
import type { Libc } from '../../libc/libc.ts'
import type { Bound, Listen } from '../listen.ts'
import { bindFailure } from '../listen.ts'
import { bindNative } from '../native/bind.ts'
import { listenPassed } from './node-listen-passed.ts'
import { startServer } from './start-server.ts'
import type { OwnKeepAlive, SocketTuning } from '../socket-tuning.ts'
import { SOCKET_OPTIONS, createSocketTuning } from '../socket-tuning.ts'
import { UNIX_MODE, bindPrivately, createUnixPlace } from '../unix-place.ts'

/**
 * Checks that a TCP port is free, by listening on it exclusively for a moment. Another process may still
 * take it afterwards.
 *
 * @param host an IP literal
 * @param port 0: any free one
 * @returns the actual port; rejects with the system's error, such as EADDRINUSE or EADDRNOTAVAIL
 */
export const probePort = async (host: string, port: number): Promise<number> => {
  const server = createServer()
  await startServer(server, { host, port, ipv6Only: isIPv6(host), exclusive: true })
  const { port: real } = server.address() as AddressInfo
  await new Promise<void>(resolve => {
    server.close(() => resolve())
  })
  return real
}

type ListenParts = {
  readonly tuning: Pick<SocketTuning, 'accepted' | 'listening'>
  readonly libc: Libc | null
}

type TcpAddress = SocketAddress & { readonly type: 'tcp' }

const bindTcp = async (
  server: Server,
  address: TcpAddress,
  { tuning, libc }: ListenParts,
  keepAlive: OwnKeepAlive | undefined,
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
    untune = tuning.listening(fd, keepAlive)
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
  keepAlive: OwnKeepAlive | undefined,
): Promise<Bound> => {
  const untune = await bindTcp(server, address, parts, keepAlive)
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
export const createNodeListen = ({
  tuning = createSocketTuning(null, null),
  libc = null,
}: Partial<ListenParts> = {}): Listen<Socket> => {
  return async (address, options) => {
    const { mode = UNIX_MODE, group, boundAs, keepAlive, onConnection, onError } = options
    // The primary of a cluster binds for its workers.
    const inherits =
      libc !== null && address.type === 'tcp' && address.passed === undefined && !cluster.isWorker
    const sockets = { ...SOCKET_OPTIONS, noDelay: !inherits, pauseOnConnect: true }
    const server = createServer(sockets, socket => {
      ignoreErrors(socket)
      if (!inherits) tuning.accepted(socket, keepAlive?.())
      onConnection(socket)
    })
    ignoreErrors(server)
    let bound: Bound
    try {
      bound =
        address.passed !== undefined
          ? await listenPassed(server, address)
          : address.type === 'tcp'
            ? await listenTcp(server, address, { tuning, libc: inherits ? libc : null }, keepAlive)
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

/**
 * Listens on a UNIX socket. The socket is created under a temporary name, gets its mode and group there,
 * and is then moved to its path (`createUnixPlace`).
 *
 * When a server closes, Node removes the name that it bound, which is the temporary one and does not exist
 * any more. So closing does not remove a file that another process has put at the path.
 *
 * @returns rejects with the system's error; nothing listens then and no file is left
 */
export const listenUnix = async (
  server: Server,
  address: SocketAddress & { readonly type: 'unix' },
  { mode, group }: { readonly mode: number; readonly group: string | number | undefined },
): Promise<Bound> => {
  const place = createUnixPlace(address.path, { mode, group })
  await bindPrivately(() => startServer(server, { path: place.temporary }))
  try {
    await place.take()
  } catch (error) {
    // `close` removes the temporary name as well.
    server.close()
    throw error
  }
  return {
    address,
    close: async () => {
      // Remove the name first: new clients then find no listener, and another process may listen there at
      // once.
      place.leave()
      server.close()
    },
  }
}

/**
 * Listens on a UNIX socket that another process of the daemon binds under the name `boundAs` and shares
 * (node:cluster). That process creates and removes the name in the file system.
 */
export const listenUnixShared = async (
  server: Server,
  address: SocketAddress & { readonly type: 'unix' },
  boundAs: string,
): Promise<Bound> => {
  await startServer(server, { path: boundAs })
  return {
    address,
    close: async () => {
      server.close()
    },
  }
}
