import { connect } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import { codeOf, fail, failFrom } from '../../core/fail.ts'
import type { ListenAddress } from '../../core/listen-address.ts'
import { formatListenAddress } from '../../core/listen-address.ts'
import { createRealClock } from '../host/real-clock.ts'

/**
 * Connects to an address, sends bytes, waits for the first bytes of the answer, and closes in order
 * (FIN). The socket is its own from beginning to end.
 *
 * @param count how many bytes of answer are waited for
 * @param timeoutMs for all of it, above 0
 * @param clock keeps the time limit; by default that of the process
 * @returns exactly `count` bytes; it rejects with the system's error, ETIMEDOUT, or ERR_SOCKS_MALFORMED for an answer that is too short
 */
export const exchange = (
  address: ListenAddress,
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
      // After an answer this changes nothing: the promise is settled.
      reject(fail('ERR_SOCKS_MALFORMED', `${where} closed after ${answer.length} bytes`))
    })
  })
