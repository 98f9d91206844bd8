import { Socket } from 'node:net'
import type { KeepAlive } from '../core/keep-alive.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import { SO, SOL_SOCKET } from '../libc/constants.ts'
import { createSetKeepAlive } from '../libc/create-set-keep-alive.ts'
import { socketDescriptor } from '../libc/socket-descriptor.ts'
import type { Libc } from '../libc/types.ts'

const ON = Int32Array.of(1)

/** The last two parameters are there from Node 24 on; before, they are ignored. */
type PatientSocket = {
  setKeepAlive(isOn: boolean, idleMs: number, intervalMs: number, count: number): unknown
}

/** Options of the sockets of a daemon. A reload changes them for the connections that come after it. */
export type SocketTuning = {
  /** For a TCP socket that is about to connect, by its descriptor. */
  readonly connecting: (fd: number) => void
  /** For one of Node's sockets that has connected, before anything is read from it. */
  readonly connected: (socket: Socket) => void
  /**
   * For a TCP socket that is about to listen, by its descriptor. What is accepted from it has its options,
   * also those of a later `change`.
   *
   * @returns to be called before the descriptor is closed
   */
  readonly listening: (fd: number) => () => void
  /** For one of Node's sockets that was accepted from another listener, before anything is read from it. */
  readonly accepted: (socket: Socket) => void
  /** Sets keepalive on a connected TCP socket; on one that is closed it does nothing. */
  readonly keepAlive: (socket: StreamSocket) => void
  /** @param keepAlive null: off */
  readonly change: (keepAlive: KeepAlive | null) => void
}

/**
 * Urgent data stays in line (RFC 6093 section 6), where no byte of it is lost and none changes its place.
 * Node has no option for it: without the C library the system takes the last byte of urgent data out of
 * the stream.
 *
 * @param libc null: only what Node has options for is set, and versions of Node before 24 choose the
 *   interval and the count of keepalive themselves
 * @param first keepalive until the first `change`; null: off
 */
export const createSocketTuning = (libc: Libc | null, first: KeepAlive | null): SocketTuning => {
  let current = first
  let setKeepAlive = libc ? createSetKeepAlive(libc, first) : null
  const listeners = new Set<number>()

  const setInline = (fd: number): void => {
    if (fd >= 0) libc?.setsockopt(fd, SOL_SOCKET, SO.OOBINLINE, ON)
  }

  const keepAlive = (socket: StreamSocket): void => {
    // A UNIX socket has no port, and no keepalive either.
    if (!current || socket.localPort === undefined) return
    const fd = libc ? socketDescriptor(socket) : -1
    if (fd >= 0) return setKeepAlive?.(fd)
    if (!(socket instanceof Socket)) return
    const { idleMs, intervalMs, count } = current
    const patient = socket as unknown as PatientSocket
    patient.setKeepAlive(true, idleMs, intervalMs, count)
  }

  return {
    connecting: setInline,
    connected: socket => setInline(socketDescriptor(socket)),
    listening: fd => {
      listeners.add(fd)
      setInline(fd)
      setKeepAlive?.(fd)
      return () => void listeners.delete(fd)
    },
    accepted: socket => {
      setInline(socketDescriptor(socket))
      keepAlive(socket)
    },
    keepAlive,
    change: next => {
      current = next
      if (libc) setKeepAlive = createSetKeepAlive(libc, next)
      for (const fd of listeners) setKeepAlive?.(fd)
    },
  }
}
