import type { Deadlines } from '../core/deadlines.ts'
import { ignoreErrors } from '../core/stream-socket.ts'
import { VERSION } from '../wire/socks5/wire.ts'
import type { ProxyHeader } from '../wire/proxy-protocol/header.ts'
import { createHeaderReader } from '../wire/proxy-protocol/header-reader.ts'
import type { Accepted, ProxiedStart } from './accepted.ts'
import { createLiveSession } from './live-sessions.ts'
import type { Rejection } from './protocol-types.ts'
import type { ListenerParts } from './session-types.ts'

/** Exactly one of these is called, once. */
export type HeaderEnds = {
  /**
   * The header is complete. The socket is paused, without listeners, and still held in admission control;
   * the receiver owns it. It must listen to the socket before it returns, because Node reports a FIN of a
   * paused socket too.
   */
  readonly onHeader: (start: ProxiedStart) => void
  /**
   * The connection has ended without a header.
   *
   * @param probe true if nothing has arrived
   */
  readonly onFault: (fault: Pick<Rejection, 'reason' | 'message'>, probe: boolean) => void
  /**
   * In place of `onFault`, if the connection begins with a SOCKS5 greeting, as a healthcheck does. The socket
   * is paused, without listeners, and not held any more; the receiver owns it. Null: `onFault`.
   *
   * @param message what was found
   */
  readonly onGreeting: ((start: ProxiedStart, message: string) => void) | null
  /** The daemon has ended the connection. */
  readonly onDrain: () => void
}

/** A connection that the balancer's host makes for itself. */
const LOCAL: ProxyHeader = { type: 'local' }

const WHAT = 'the PROXY protocol header'

/**
 * Waits for the PROXY protocol header of a load balancer's connection, which is held in admission control
 * (`Admission.hold`) and belongs to this function. Without a whole header before the handshake's deadline it
 * is closed.
 */
export const awaitHeader = (
  accepted: Accepted,
  { sessions, admission, waits }: Pick<ListenerParts, 'sessions' | 'admission' | 'waits'>,
  handshakes: Deadlines,
  { onHeader, onFault, onGreeting, onDrain }: HeaderEnds,
): void => {
  const { socket } = accepted
  const read = createHeaderReader()
  let heard = false
  let isOver = false

  const close = (report: () => void): void => {
    if (isOver) return
    isOver = true
    handshakes.remove(deadline)
    report()
    socket.destroy()
  }
  const fault = (reason: Rejection['reason'], message: string): void =>
    close(() => onFault({ reason, message }, !heard))

  const onData = (chunk: Uint8Array): void => {
    if (isOver) return
    const isFirst = !heard
    heard = true
    const reading = read(chunk)
    if (reading.type === 'more') return
    const isGreeting = isFirst && chunk[0] === VERSION && onGreeting !== null
    if (reading.type === 'invalid' && !isGreeting) return fault('protocol', reading.message)
    isOver = true
    socket.off('data', onData).off('end', onEnd).off('close', onClose)
    socket.pause()
    if (reading.type === 'invalid') {
      admission.release()
      onGreeting?.({ header: LOCAL, rest: chunk, deadline }, reading.message)
    } else onHeader({ header: reading.header, rest: reading.rest, deadline })
    // `whenEmpty` must not run while this connection is open, so its session is added before.
    sessions.delete(live)
  }
  const onEnd = (): void => fault('protocol', `the peer left while ${WHAT} was awaited`)
  const onClose = (): void => {
    onEnd()
    admission.release()
    sessions.delete(live)
  }

  const live = createLiveSession(accepted, () => close(onDrain))
  const deadline = handshakes.add(() =>
    fault('timeout', `no whole PROXY protocol header within ${waits.handshakeTimeoutMs} ms`),
  )
  sessions.add(live)
  // `close` follows every error and is handled.
  ignoreErrors(socket)
  socket.on('data', onData).on('end', onEnd).on('close', onClose)
  socket.resume()
}
