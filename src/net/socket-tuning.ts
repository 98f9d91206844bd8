import { Socket } from 'node:net'
import type { KeepAlive, StreamSocket } from '../core/stream-socket.ts'
import { createSetKeepAlive, socketDescriptor } from '../libc/connected-socket.ts'
import { SO, SOL_SOCKET } from '../libc/constants.ts'
import type { Libc } from '../libc/libc.ts'

/**
 * Options of all TCP sockets, accepted or connected.
 *
 * - allowHalfOpen: a FIN of one side leaves the other direction open.
 * - noDelay: writes are sent at once; the writer has already gathered the bytes.
 * - highWaterMark: bytes that a socket reads ahead, and queues, before backpressure. One read is 64 KiB, so
 *   a lower mark would pause after every read. Over loopback, 16 KiB to 1 MiB performed the same on Node
 *   20; on Node 26 256 KiB moved a tenth more, but slow readers hold all of it.
 */
export const SOCKET_OPTIONS = {
  allowHalfOpen: true,
  noDelay: true,
  highWaterMark: 64 * 1024,
} as const

const ON = Int32Array.of(1)

/** Node 24 added the last two parameters; earlier versions ignore them. */
type PatientSocket = {
  setKeepAlive(isOn: boolean, idleMs: number, intervalMs: number, count: number): unknown
}

const setByNode = (socket: Socket, { idleMs, intervalMs, count }: KeepAlive): void => {
  const patient = socket as unknown as PatientSocket
  patient.setKeepAlive(true, idleMs, intervalMs, count)
}

/** Returns keepalive of a listener's own, null: off; undefined: it has none. */
export type OwnKeepAlive = () => KeepAlive | null | undefined

/** Socket options of a daemon. A reload changes them for later connections. */
export type SocketTuning = {
  /** Sets options on a TCP socket before it connects, by its descriptor. */
  readonly connecting: (fd: number) => void
  /** Sets options on one of Node's sockets after it has connected, before anything is read from it. */
  readonly connected: (socket: Socket) => void
  /**
   * Sets options on a TCP socket before it listens, by its descriptor. Accepted sockets inherit its
   * options, those of a later `change` too.
   *
   * @param own keepalive of its own, read now and by each `change`; undefined: that of the daemon
   * @returns call this before closing the descriptor
   */
  readonly listening: (fd: number, own?: OwnKeepAlive) => () => void
  /**
   * Sets options on one of Node's sockets that was accepted by another listener, before anything is read
   * from it.
   *
   * @param own keepalive of the listener, null: off; undefined: that of the daemon
   */
  readonly accepted: (socket: Socket, own?: KeepAlive | null) => void
  /** Sets options on an accepted UNIX socket, by its descriptor: it inherits none from its listener. */
  readonly unix: (fd: number) => void
  /** Sets keepalive on a connected TCP socket; on a closed one it does nothing. */
  readonly keepAlive: (socket: StreamSocket) => void
  /** Sets keepalive of its own on one of Node's connected sockets: `keepAlive` leaves it as it is. */
  readonly keepOwn: (socket: Socket, own: KeepAlive | null) => void
  /** @param keepAlive null: off */
  readonly change: (keepAlive: KeepAlive | null) => void
}

/**
 * Creates the options. Urgent data stays inline (SO_OOBINLINE; RFC 6093 section 6), so that no byte is lost
 * or reordered. Node has no option for this: without the C library the system removes the last byte of
 * urgent data from the stream.
 *
 * @param libc null: set only the options that Node supports; Node before 24 then chooses interval and count
 *   of keepalive
 * @param first keepalive until the first `change`; null: off
 */
export const createSocketTuning = (libc: Libc | null, first: KeepAlive | null): SocketTuning => {
  let current = first
  let setKeepAlive = libc ? createSetKeepAlive(libc, first) : null
  const listeners = new Map<number, OwnKeepAlive | undefined>()

  const setInline = (fd: number): void => {
    if (fd >= 0) libc?.setsockopt(fd, SOL_SOCKET, SO.OOBINLINE, ON)
  }

  const keepAlive = (socket: StreamSocket): void => {
    // A UNIX socket has neither port nor keepalive.
    if (!current || socket.localPort === undefined || socket.hasOwnKeepAlive) return
    const fd = libc ? socketDescriptor(socket) : -1
    if (fd >= 0) return setKeepAlive?.(fd)
    if (socket instanceof Socket) setByNode(socket, current)
  }

  const setOwn = (socket: Socket, own: KeepAlive | null): void => {
    const fd = libc ? socketDescriptor(socket) : -1
    // A UNIX socket has neither port nor keepalive.
    if (socket.localPort === undefined) return
    if (libc && fd >= 0) createSetKeepAlive(libc, own)(fd)
    else if (own) setByNode(socket, own)
  }

  const tuneListener = (fd: number, own: OwnKeepAlive | undefined): void => {
    const value = own?.()
    if (value === undefined) setKeepAlive?.(fd)
    else if (libc) createSetKeepAlive(libc, value)(fd)
  }

  return {
    connecting: setInline,
    connected: socket => setInline(socketDescriptor(socket)),
    listening: (fd, own) => {
      listeners.set(fd, own)
      setInline(fd)
      tuneListener(fd, own)
      return () => void listeners.delete(fd)
    },
    accepted: (socket, own) => {
      setInline(socketDescriptor(socket))
      if (own === undefined) keepAlive(socket)
      else setOwn(socket, own)
    },
    unix: setInline,
    keepAlive,
    keepOwn: (socket, own) => {
      Object.assign(socket, { hasOwnKeepAlive: true })
      setOwn(socket, own)
    },
    change: next => {
      current = next
      if (libc) setKeepAlive = createSetKeepAlive(libc, next)
      for (const [fd, own] of listeners) tuneListener(fd, own)
    },
  }
}
