import { LRUCache } from 'lru-cache'
import type { Socket } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { connect } from 'node:tls'

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
