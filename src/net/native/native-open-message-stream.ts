import type { Clock } from '../../core/clock.ts'
import { codeOf } from '../../core/fail.ts'
import { createFrameReader, encodeFrame } from '../../wire/dns/frames.ts'
import type { Connect } from '../network.ts'
import type { OpenMessageStream } from '../node/open-message-stream.ts'
import { IDLE_TIMEOUT_MS } from '../node/open-message-stream.ts'
import type { NativeSocket } from './native-socket.ts'

/**
 * Message streams over sockets of the C library, for DNS queries that leave by a path of their own. Works
 * like `createOpenMessageStream`.
 */
export const createNativeOpenMessageStream =
  (
    connect: Connect<NativeSocket>,
    clock: Pick<Clock, 'after'>,
    idleTimeoutMs: number = IDLE_TIMEOUT_MS,
  ): OpenMessageStream =>
  (endpoint, { message, closed }) => {
    const read = createFrameReader()
    let early: Uint8Array[] = []
    let socket: NativeSocket | undefined
    let over = false
    let stopTimer = (): void => {}

    const close = (): void => {
      over = true
      stopTimer()
      cancel()
      socket?.destroy()
    }
    const end = (code: string | null): void => {
      if (over) return
      close()
      closed(code)
    }

    const cancel = connect(endpoint, result => {
      if (!result.ok) return end(result.code)
      ;({ socket } = result)
      socket.on('error', (error: Error) => end(codeOf(error)))
      // A server that has sent FIN will not answer any more, even with queries open.
      socket.on('end', () => end(null))
      socket.on('close', () => end(null))
      socket.on('data', (bytes: Uint8Array) => {
        for (const each of read(bytes)) if (!over) message(each)
      })
      for (const bytes of early) socket.write(bytes)
      early = []
      socket.resume()
    })

    return {
      send: bytes => {
        const frame = encodeFrame(bytes)
        if (socket) socket.write(frame)
        else early.push(frame)
      },
      busy: isBusy => {
        stopTimer()
        stopTimer = isBusy ? () => {} : clock.after(idleTimeoutMs, () => end(null))
      },
      close,
    }
  }
