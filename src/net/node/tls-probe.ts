import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock } from '../../core/clock.ts'
import { codeOf } from '../../core/fail.ts'

/** How far a connection to one address came. Times are milliseconds since its start. */
export type ProbeResult = {
  /** null: it did not connect. */
  readonly connectMs: number | null
  /** The end of the TLS handshake; null: there was none. */
  readonly tlsMs: number | null
  /** Why it came no further; ETIMEDOUT at the limit. Null: it came to its end. */
  readonly code: string | null
  /** Why the certificate is not trusted, such as `CERT_HAS_EXPIRED`; null if it is, or was not seen. */
  readonly certificate: string | null
}

/** What is connected to; `servername` null: without TLS. */
export type ProbeTarget = {
  readonly address: string
  readonly port: number
  readonly servername: string | null
}

/**
 * Connects to one address, and does a TLS handshake, in which the server sends its certificates: packets as
 * large as the path is said to carry. Sends nothing else, and closes the connection.
 *
 * @param limitMs for both together
 * @returns it never rejects
 */
export const probeTls = (
  { address, port, servername }: ProbeTarget,
  limitMs: number,
  clock: Clock,
): Promise<ProbeResult> =>
  new Promise(resolve => {
    const startedAt = clock.now()
    let connectMs: number | null = null
    const socket = connectTcp({ host: address, port, autoSelectFamily: false })
    const settle = (rest: Partial<ProbeResult>): void => {
      stopTimer()
      resolve({ connectMs, tlsMs: null, code: null, certificate: null, ...rest })
    }
    const end = (rest: Partial<ProbeResult>): void => {
      socket.destroy()
      settle(rest)
    }
    const stopTimer = clock.after(limitMs, () => end({ code: 'ETIMEDOUT' }))
    const onError = (error: Error): void => end({ code: codeOf(error) })
    const onEnd = (): void => end({ code: 'ECONNRESET' })
    socket.on('error', onError)
    socket.once('connect', () => {
      connectMs = clock.now() - startedAt
      if (servername === null) return end({})
      // Whether the certificate is trusted is reported, and nothing is sent to the server.
      const tls = connectTls({ socket, servername, rejectUnauthorized: false })
      tls.on('error', onError)
      tls.once('close', onEnd)
      tls.once('secureConnect', () => {
        // A text, whatever Node's types say.
        const why: unknown = tls.authorizationError
        const certificate = tls.authorized ? null : typeof why === 'string' ? why : codeOf(why)
        settle({ tlsMs: clock.now() - startedAt, certificate })
        // In order, so that the server does not log a failed handshake; nobody waits for it.
        tls.end()
        socket.unref()
      })
    })
  })
