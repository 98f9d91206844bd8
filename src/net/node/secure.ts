import { LRUCache } from 'lru-cache'
import type { Socket } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { connect } from 'node:tls'
import type { Clock } from '../../core/clock.ts'
import { fail } from '../../core/fail.ts'

/** TLS sessions kept for resumption, as many as Node's own https agent keeps. */
const SESSIONS_MAX = 100

/**
 * Begins TLS as a client over a connected socket, which the TLS socket then owns.
 *
 * @param options as for `tls.connect`; where to connect is ignored. The certificate must match
 *   `servername`, or `host` if there is none
 * @param key connections with the same key may resume each other's session (RFC 8446 section 2.2). Node
 *   does not check the certificate's names on resumption, so the key must include everything that trust
 *   depends on
 * @returns the TLS socket before its handshake: it may be written to; a failure is its `error`
 * @throws what `tls.connect` throws for invalid options; the socket is then still open
 */
export type Secure = (socket: Socket, options: ConnectionOptions, key: string) => TLSSocket

/**
 * TLS with a session cache, which holds no socket open.
 *
 * @param maxCachedSessions 100 by default; the least recently used session is evicted first. 0: no cache
 */
export const createSecure = (maxCachedSessions = SESSIONS_MAX): Secure => {
  const sessions =
    maxCachedSessions > 0 ? new LRUCache<string, Buffer>({ max: maxCachedSessions }) : undefined
  return (socket, options, key) => {
    const session = options.session ?? sessions?.get(key)
    const secured = connect({ ...options, ...(session && { session }), socket })
    if (sessions) {
      secured.on('session', newest => sessions.set(key, newest))
      // The session may have caused the failure: the next connection does not resume it.
      secured.once('close', hadError => {
        if (hadError) sessions.delete(key)
      })
    }
    return secured
  }
}

/**
 * Waits for the end of a TLS handshake. The caller then owns the socket, which has no listener of this
 * function.
 *
 * @param limitMs the longest duration in milliseconds; null: no limit
 * @param signal aborts the handshake
 * @param where the name for error messages, such as `example.com:443`
 * @throws the TLS socket's error, ETIMEDOUT, or the signal's reason, after the socket is closed
 */
export const handshake = (
  socket: TLSSocket,
  {
    limitMs,
    signal,
    clock,
    where,
  }: {
    readonly limitMs: number | null
    readonly signal?: AbortSignal | undefined
    readonly clock: Clock
    readonly where: string
  },
): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    let reason: Error | undefined
    const end = (error: Error): void => {
      reason ??= error
      socket.destroy()
    }
    // Rejects with the abort reason as it is, whatever its type.
    const onAbort = (): void => end(signal?.reason as Error)
    const leave = (): void => {
      cancelLimit?.()
      signal?.removeEventListener('abort', onAbort)
      socket.off('error', end).off('close', onClose).off('secureConnect', onSecure)
    }
    const onSecure = (): void => {
      leave()
      resolve(socket)
    }
    const onClose = (): void => {
      leave()
      reject(reason ?? fail('ECONNRESET', `${where} closed during the TLS handshake`))
    }
    const cancelLimit =
      limitMs === null
        ? undefined
        : clock.after(limitMs, () =>
            end(fail('ETIMEDOUT', `the TLS handshake with ${where} took too long`)),
          )
    socket.on('error', end).once('close', onClose).once('secureConnect', onSecure)
    if (signal?.aborted === true) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
  })
