import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { fail } from '../../core/fail.ts'

/**
 * Connects to a UNIX socket, or to a named pipe on Windows. That is one address, so there is no race.
 *
 * @returns a plain socket, as `net.connect` returns it; the caller owns it
 * @throws the system's error, or the signal's reason, after the socket is closed
 */
export const connectPath = (path: string, signal: AbortSignal): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ path })
    let reason: Error | undefined
    const end = (error: Error): void => {
      reason ??= error
      socket.destroy()
    }
    const onAbort = (): void => end(signal.reason as Error)
    const leave = (): void => {
      signal.removeEventListener('abort', onAbort)
      socket.off('error', end).off('close', onClose).off('connect', onConnect)
    }
    const onConnect = (): void => {
      leave()
      resolve(socket)
    }
    const onClose = (): void => {
      leave()
      reject(reason ?? fail('ECONNRESET', `${path} closed while connecting`))
    }
    socket.on('error', end).once('close', onClose).once('connect', onConnect)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
