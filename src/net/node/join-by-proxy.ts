import { connect } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import type { ByteReader } from '../../core/byte-reader.ts'
import { createByteReader } from '../../core/byte-reader.ts'
import { errorOf, fail, failFrom } from '../../core/fail.ts'
import type { HostPort } from '../../core/host-port.ts'
import { formatHostPort } from '../../core/host-port.ts'

export type JoinByProxy = {
  readonly proxy: HostPort
  readonly target: HostPort
  /** What asks the proxy for the target, sent once it is connected. */
  readonly request: Uint8Array
  /**
   * Takes the proxy's answer out of what has arrived, and leaves the target's bytes.
   *
   * @returns whether the answer is complete, and the target connected
   * @throws if the target is not connected
   */
  readonly takeAnswer: (reader: ByteReader) => boolean
  /** Its end is passed on as a FIN. */
  readonly input: Readable
  readonly output: Writable
}

/**
 * Connects to a target by a proxy, and joins the connection to two streams, as a ProxyCommand of ssh
 * does with its standard streams.
 *
 * @returns resolves when the target has closed and all of its bytes are written, or when nobody reads
 *   `output` any more; rejects if the target cannot be connected, or the connection or `input` breaks
 */
export const joinByProxy = ({
  proxy,
  target,
  request,
  takeAnswer,
  input,
  output,
}: JoinByProxy): Promise<void> =>
  new Promise((resolve, reject) => {
    const where = `${formatHostPort(target)} through the proxy ${formatHostPort(proxy)}`
    const socket = connect({
      ...proxy,
      allowHalfOpen: true,
      autoSelectFamily: false,
      noDelay: true,
    })
    const reader = createByteReader()
    let isJoined = false

    const stopFor = (what: string, error: Error): void => {
      reject(failFrom(error, `${what}: ${where}: ${error.message}`))
      socket.destroy()
    }
    const stop = (error: Error): void =>
      stopFor(isJoined ? 'the connection broke' : 'cannot connect', error)
    const onData = (data: Buffer): void => {
      reader.append(data)
      try {
        if (!takeAnswer(reader)) return
      } catch (error) {
        stop(errorOf(error))
        return
      }
      isJoined = true
      socket.off('data', onData)
      const early = reader.rest()
      if (early.length > 0) output.write(early)
      input.pipe(socket)
      socket.pipe(output, { end: false })
    }

    input.once('error', error => stopFor('the input broke', error))

    // Whoever reads the output has left: nothing more can be delivered.
    output.once('error', () => {
      resolve()
      socket.destroy()
    })
    socket.on('data', onData)
    socket.once('connect', () => socket.write(request))
    socket.once('error', stop)
    socket.once('end', () => {
      if (!isJoined) return stop(fail('ERR_SOCKS_MALFORMED', 'the proxy closed the connection'))
      output.end(() => {
        resolve()
        // The client may go on sending to a target that has closed; nobody reads it.
        socket.destroy()
      })
    })
  })
