import type { Failure } from '../core/fail.ts'
import { codeOf, fail, failFrom } from '../core/fail.ts'
import type { SocketAddress } from '../core/listen-address.ts'
import { formatListenAddress } from '../core/listen-address.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import type { OwnKeepAlive } from './socket-tuning.ts'

/** Connections that may wait for accept(2); the system may allow fewer (net.core.somaxconn). */
export const LISTEN_BACKLOG = 4096

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
  /** Keepalive of accepted TCP connections that differs from the daemon's. */
  readonly keepAlive?: OwnKeepAlive
  /**
   * Called with each accepted connection, which it then owns and must close. The socket is paused and
   * unread, it allows half-close, and it has an error listener.
   */
  readonly onConnection: (socket: S) => void
  /** Called with later accept errors, such as ENFILE. Listening goes on. */
  readonly onError?: (error: Error) => void
}

/** A listening address. */
export type Bound = {
  /** The requested address, with the actual port if that was 0. */
  readonly address: SocketAddress
  /**
   * Stops accepting, and resolves when nothing listens on the address any more. It leaves accepted
   * connections open and does not wait for them. A second call returns the first one's promise.
   */
  readonly close: () => Promise<void>
}

/**
 * Listens on one address, by Node's sockets (`createNodeListen`) or by calls of the C library
 * (`createNativeListen`).
 */
export type Listen<S = StreamSocket> = (
  address: SocketAddress,
  options: ListenOptions<S>,
) => Promise<Bound>

/** Ports below this one are privileged on most systems. */
const PRIVILEGED_PORTS_END = 1024

type Facts = { readonly address: string }

const noRight = (address: SocketAddress): string => {
  if (address.type === 'unix') {
    return 'this user may not create a file in that directory; it needs the right to write there'
  }
  return address.port < PRIVILEGED_PORTS_END
    ? `a port below ${PRIVILEGED_PORTS_END} needs the capability CAP_NET_BIND_SERVICE; choose a port above ${PRIVILEGED_PORTS_END - 1} or grant it`
    : 'the system does not let this process listen there'
}

/** A system error has only a code; the error of `removeStaleSocket` has a message of its own. */
const inUse = (error: unknown): string =>
  error instanceof Error && !('syscall' in error)
    ? error.message
    : 'another process or listener is there already'

/**
 * The error of a failed attempt to listen on an address. `code` is the system's, except that EAFNOSUPPORT
 * (this host lacks the family) becomes EADDRNOTAVAIL.
 */
export const bindFailure = (error: unknown, address: SocketAddress): Failure<Facts> => {
  const text = formatListenAddress(address)
  const facts: Facts = { address: text }
  const message = (reason: string): string => `cannot listen on ${text}: ${reason}`
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return failFrom(error, message(inUse(error)), facts)
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return fail('EADDRNOTAVAIL', message('this host has no such address'), facts, error)
    case 'EACCES':
    case 'EPERM':
      return failFrom(error, message(noRight(address)), facts)
    case 'ENOSPC':
      return failFrom(error, message('its file system has no space left for the socket'), facts)
    case 'ENOENT':
      return failFrom(error, message('its directory does not exist'), facts)
    default:
      return failFrom(error, message(error instanceof Error ? error.message : 'failed'), facts)
  }
}
