import type { Clock } from '../../core/clock.ts'
import { ignoreErrors } from '../../core/ignore-errors.ts'
import type { ListenAddress } from '../../core/listen-address.ts'
import type { Poller } from '../../libc/poller-types.ts'
import { localEnd } from '../../libc/socket-address.ts'
import type { Libc } from '../../libc/types.ts'
import { bindFailure } from '../bind-failure.ts'
import type { Bound } from '../bound.ts'
import { createRealClock } from '../host/real-clock.ts'
import type { Listen, ListenOptions } from '../node/listen.ts'
import { createListen } from '../node/listen.ts'
import type { SocketTuning } from '../socket-tuning.ts'
import { createSocketTuning } from '../socket-tuning.ts'
import { acceptNative } from './accept.ts'
import { bindNative } from './bind.ts'
import { createNativeSocket } from './socket.ts'

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
  { libc, poller, clock = createRealClock(), reusePort }: Parts,
  tuning: SocketTuning,
  address: ListenAddress & { readonly type: 'tcp' },
  { onConnection, onError = () => {} }: ListenOptions,
): Bound => {
  let untune = (): void => {}
  const tune = (listener: number): void => {
    untune = tuning.listening(listener)
  }
  let fd: number
  try {
    fd = bindNative(libc, address, reusePort, tune)
  } catch (error) {
    untune()
    throw error
  }
  let stop: () => void
  try {
    stop = acceptNative({
      libc,
      poller,
      clock,
      fd,
      onAccepted: (accepted, remote) => {
        const socket = createNativeSocket({ libc, poller, fd: accepted, remote })
        ignoreErrors(socket)
        onConnection(socket)
      },
      onError,
    })
  } catch (error) {
    untune()
    libc.close(fd)
    throw error
  }
  const close = async (): Promise<void> => {
    stop()
    untune()
    libc.close(fd)
  }
  let closing: Promise<void> | undefined
  return {
    address: address.port === 0 ? { ...address, port: localEnd(libc, fd)?.port ?? 0 } : address,
    close: () => (closing ??= close()),
  }
}

/**
 * Listens like `createListen`, with TCP sockets that use calls of the C library; UNIX sockets are Node's. A
 * zone that is no interface of this host fails with EADDRNOTAVAIL.
 */
export const createNativeListen = (parts: Parts): Listen => {
  const { tuning = createSocketTuning(parts.libc, null) } = parts
  const listenUnix = createListen({ tuning })
  return async (address, options) => {
    if (address.type === 'unix') return listenUnix(address, options)
    try {
      return listenTcp(parts, tuning, address, options)
    } catch (error) {
      throw bindFailure(error, address)
    }
  }
}
