import { connect } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import { codeOf, fail, failFrom } from '../../core/fail.ts'
import type { SocketAddress } from '../../core/listen-address.ts'
import { formatListenAddress } from '../../core/listen-address.ts'
import { createRealClock } from '../host/real-clock.ts'

/**
 * Connects to an address, sends bytes, waits for the first bytes of the reply, and closes the socket (FIN).
 *
 * @param count the number of reply bytes to wait for
 * @param timeoutMs limit for the whole exchange, above 0
 * @param clock measures the limit; the process's clock by default
 * @returns exactly `count` bytes; it rejects with the system's error, ETIMEDOUT, or ERR_SOCKS_MALFORMED for
 *   a reply that is too short
 */
export const exchange = (
  address: SocketAddress,
  bytes: Uint8Array,
  count: number,
  timeoutMs: number,
  clock: Clock = createRealClock(),
): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const where = formatListenAddress(address)
    const socket =
      address.type === 'unix'
        ? connect({ path: address.path })
        : connect({ host: address.host, port: address.port, autoSelectFamily: false })
    let answer = Buffer.alloc(0)
    const stopTimer = clock.after(timeoutMs, () => {
      socket.destroy(fail('ETIMEDOUT', `no answer from ${where} in ${timeoutMs} ms`))
    })
    socket.once('connect', () => socket.write(bytes))
    socket.on('data', data => {
      answer = Buffer.concat([answer, data])
      if (answer.length < count) return
      resolve(answer.subarray(0, count))
      socket.end()
    })
    socket.once('error', error => {
      reject(codeOf(error) === 'ETIMEDOUT' ? error : failFrom(error, error.message))
    })
    socket.once('close', () => {
      stopTimer()
      // After a complete reply the promise is settled, and this has no effect.
      reject(fail('ERR_SOCKS_MALFORMED', `${where} closed after ${answer.length} bytes`))
    })
  })
