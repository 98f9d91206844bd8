import type { TLSSocket } from 'node:tls'
import type { Clock } from '../../core/clock.ts'
import { fail } from '../../core/fail.ts'

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
