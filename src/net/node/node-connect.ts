import type { AddressInfo, Socket, TcpNetConnectOpts } from 'node:net'
import { connect } from 'node:net'
import { codeOf, fail } from '../../core/fail.ts'
import { ignoreErrors } from '../../core/stream-socket.ts'
import { isZoneMissing } from '../host/interfaces.ts'
import type { Connect, Connected, NotConnected, OnExhausted } from '../network.ts'
import { EXHAUSTED, notConnected } from '../network.ts'
import { SOCKET_OPTIONS } from '../socket-tuning.ts'

/**
 * The result of an attempt whose socket was not made, or failed by an error that is not the system's. It
 * keeps the error's own message, since the endpoint is not at fault.
 */
const notUsable = (thrown: unknown, sent: boolean): NotConnected => {
  const error =
    thrown instanceof Error
      ? thrown
      : fail('ERR_SOCKET_FACTORY', `a socket factory threw ${String(thrown)}`, {}, thrown)
  const hasCode = 'code' in error && typeof error.code === 'string'
  const code = hasCode ? codeOf(error) : 'ERR_SOCKET_FACTORY'
  return { ok: false, code, message: error.message, sent, error }
}

/**
 * TCP lets a socket connect to itself: if nobody listens on a local port, the system may choose that port
 * as the source port of the connection (simultaneous open, RFC 9293 section 3.5). The socket would read its
 * own data.
 */
const isSelfConnected = (socket: Socket, port: number): boolean =>
  socket.localPort === port && socket.localAddress === socket.remoteAddress

/**
 * Whether the connection is established although Node has not emitted `connect` yet: the peer's address is
 * known then. Node's `remoteAddress` is undefined until `connect`, so this asks the handle.
 */
const isMade = (socket: Socket): boolean => {
  const { _handle: handle } = socket as {
    readonly _handle?: { readonly getpeername?: (into: object) => number } | null
  }
  return typeof handle?.getpeername === 'function' && handle.getpeername({}) === 0
}

/** Destroys a socket by RST at once. Node's public `resetAndDestroy` waits for `connect`. */
const resetNow = (socket: Socket): void => {
  const { _reset: reset } = socket as { readonly _reset?: () => void }
  if (typeof reset === 'function') reset.call(socket)
  else socket.destroy()
}

const openHeld = (options: TcpNetConnectOpts): Socket => connect({ ...options, ...SOCKET_OPTIONS })

/**
 * Connection attempts to IP literals (see `Connect`). The attempt owns the socket until `settle`, then the
 * caller does: paused, nothing read from it, Nagle's algorithm off, half-open allowed, with an error
 * listener for its whole life.
 *
 * There is no timeout: an attempt lives until it is cancelled.
 *
 * @param hasInterface whether this host has an interface of that name; an address with another zone has no
 *   route (ENETUNREACH)
 * @param open creates the socket and begins to connect it; `net.connect` by default. An exception is a
 *   failed attempt that sent no packet, with the exception's code, or ERR_SOCKET_FACTORY if it has none
 * @param onConnected called with the socket as soon as it is connected
 * @param plain hand the socket over as `net.connect` returns it: not paused, and without eyeballd's
 *   listeners. False by default
 */
export const createNodeConnect =
  ({
    hasInterface,
    open: openSocket = openHeld,
    onConnected,
    plain = false,
    onExhausted,
  }: {
    readonly hasInterface: (name: string) => boolean
    readonly open?: (options: TcpNetConnectOpts) => Socket
    readonly onConnected?: (socket: Socket) => void
    readonly plain?: boolean
    readonly onExhausted?: OnExhausted | undefined
  }): Connect<Socket> =>
  (endpoint, settle) => {
    const { address, family, port } = endpoint
    let open = true
    const finish = (result: Connected<Socket> | NotConnected): void => {
      if (!open) return
      open = false
      settle(result)
    }
    const abandon = (): boolean => {
      open = false
      return false
    }
    if (isZoneMissing(address, hasInterface)) {
      process.nextTick(finish, notConnected(endpoint, 'ENETUNREACH', false))
      return abandon
    }

    let socket: Socket
    try {
      // Never use Node's own race (autoSelectFamily): it aborts an attempt after 250 ms.
      socket = openSocket({ host: address, port, family, autoSelectFamily: false })
    } catch (error) {
      process.nextTick(finish, notUsable(error, false))
      return abandon
    }
    if (!plain) {
      ignoreErrors(socket)
      // Pause before `connect`: otherwise Node begins to read by itself.
      socket.pause()
    }

    // Node calls connect(2) in the tick that it has just queued. If connect(2) fails at once, Node destroys
    // the socket before the next tick, and no packet was sent. The same code from an ICMP message arrives
    // later, through polling.
    let refusedHere = false
    process.nextTick(() => {
      refusedHere = socket.destroyed
    })
    const leave = (): void => {
      socket.off('connect', onConnect)
      socket.off('error', onError)
      socket.off('close', onClose)
    }
    const onError = (error: Error): void => {
      leave()
      const code = codeOf(error)
      if (EXHAUSTED.has(code)) onExhausted?.('connect', code)
      if (!('syscall' in error)) return finish(notUsable(error, !refusedHere))
      const failure = notConnected(endpoint, code, !refusedHere, error)
      // This host does not have the source address.
      finish(error.syscall === 'bind' ? { ...failure, noEgress: true } : failure)
    }
    // The maker of the socket destroyed it, for example because of its own timeout.
    const onClose = (): void => {
      leave()
      finish(notConnected(endpoint, 'ECONNABORTED', !refusedHere))
    }
    const onConnect = (): void => {
      leave()
      if (socket.destroyed) return onClose()
      if (isSelfConnected(socket, port)) {
        socket.resetAndDestroy()
        finish(notConnected(endpoint, 'ECONNREFUSED', true))
        return
      }
      onConnected?.(socket)
      // A connected socket always has a local address, although the type allows none.
      const local = socket.address() as AddressInfo
      finish({ ok: true, socket, local: { address: local.address, port: local.port } })
    }
    socket.on('error', onError)
    socket.on('connect', onConnect)
    socket.on('close', onClose)
    return () => {
      if (!open) return false
      open = false
      const made = isMade(socket)
      // Both calls close the descriptor at once and stop SYN retransmissions. A race cancels the attempts
      // that have not won (RFC 8305 section 5).
      if (made) resetNow(socket)
      else socket.destroy()
      return made
    }
  }
