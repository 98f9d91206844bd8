import { Socket } from 'node:net'
import { codeOf } from '../../core/fail.ts'
import { createFrameReader, encodeFrame } from '../../wire/dns/frames.ts'
import { isZoneMissing } from '../host/zone-of.ts'
import type { OpenMessageStream } from './types.ts'

/** How long an idle connection is kept for the next query, in milliseconds (RFC 7766 section 6.2.3). */
const IDLE_TIMEOUT_MS = 10_000

/**
 * Message streams by Node's sockets.
 *
 * @param hasInterface whether this host has an interface of that name
 */
export const createOpenMessageStream =
  (
    hasInterface: (name: string) => boolean,
    idleTimeoutMs: number = IDLE_TIMEOUT_MS,
  ): OpenMessageStream =>
  ({ address, family, port }, { message, closed }) => {
    const read = createFrameReader()
    let over = false
    const socket = new Socket()

    const end = (code: string | null): void => {
      if (over) return
      over = true
      socket.destroy()
      closed(code)
    }

    socket.on('error', error => end(codeOf(error)))
    socket.on('timeout', () => end(null))
    // A server that has sent FIN will not answer any more, even with queries open.
    socket.on('end', () => end(null))
    socket.on('close', () => end(null))
    socket.on('data', (bytes: Buffer) => {
      for (const each of read(bytes)) if (!over) message(each)
    })
    socket.setNoDelay(true)
    try {
      if (isZoneMissing(address, hasInterface)) queueMicrotask(() => end('ENETUNREACH'))
      // For a literal, Node connects at once, and `autoSelectFamily` has nothing to select.
      else socket.connect({ host: address, port, family, autoSelectFamily: false })
    } catch (error) {
      queueMicrotask(() => end(codeOf(error)))
    }

    return {
      send: bytes => void socket.write(encodeFrame(bytes)),
      busy: isBusy => {
        socket.setTimeout(isBusy ? 0 : idleTimeoutMs)
        if (isBusy) socket.ref()
        else socket.unref()
      },
      close: () => {
        over = true
        socket.destroy()
      },
    }
  }
