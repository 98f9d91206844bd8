import { LRUCache } from 'lru-cache'
import type { Socket } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { connect } from 'node:tls'

/** Sessions kept for resumption, as Node's own https agent has it. */
const SESSIONS_MAX = 100

/**
 * Begins TLS as a client over a connected socket, which is then the TLS socket's own.
 *
 * @param options as `tls.connect` takes them; where to connect is no question any more. The
 *   certificate must be that of `servername`, or of `host` where there is none
 * @param key connections with the same key may resume each other's session (RFC 8446 section 2.2). Node
 *   does not look at the names of a certificate again then, so a key holds all that trust depends on
 * @returns the TLS socket before its handshake: it may be written to; a failure is its `error`
 * @throws what `tls.connect` throws for options that make no sense; the socket is then still open
 */
export type Secure = (socket: Socket, options: ConnectionOptions, key: string) => TLSSocket

/**
 * TLS that remembers sessions. They hold nothing open.
 *
 * @param maxCachedSessions 100 by default; the least recently used goes first. 0: none is remembered
 */
export const createSecure = (maxCachedSessions = SESSIONS_MAX): Secure => {
  const sessions =
    maxCachedSessions > 0 ? new LRUCache<string, Buffer>({ max: maxCachedSessions }) : undefined
  return (socket, options, key) => {
    const session = options.session ?? sessions?.get(key)
    const secured = connect({ ...options, ...(session && { session }), socket })
    if (sessions) {
      secured.on('session', newest => sessions.set(key, newest))
      // A session may be why it failed: the next connection does without.
      secured.once('close', hadError => {
        if (hadError) sessions.delete(key)
      })
    }
    return secured
  }
}
