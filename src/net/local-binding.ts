import { fail } from '../core/fail.ts'
import { formatHostPort } from '../core/host-port.ts'
import type { Connect, Endpoint, NotConnected } from './network.ts'

/** A local address to connect from: canonical text with its zone; port 0 means any free one. */
export type LocalEnd = Endpoint

const unavailable = ({ address, port }: Endpoint, why: string, cause?: Error): NotConnected => {
  const code = 'EADDRNOTAVAIL'
  const message = `connect ${code} ${formatHostPort({ host: address, port })}: ${why}`
  return { ok: false, code, message, sent: false, error: fail(code, message, {}, cause) }
}

/** The system's error if bind(2) failed, undefined if something else failed. */
const bindError = ({ error }: NotConnected): Error | undefined =>
  error && 'syscall' in error && error.syscall === 'bind' ? error : undefined

/**
 * Connects from given local addresses, using the first of the attempt's family that can be bound. A failed
 * bind destroys its socket, so each further address gets a new one.
 *
 * If no address of the family can be bound, the attempt fails with EADDRNOTAVAIL, its message names the
 * failures, and no packet was sent.
 *
 * @param locals local addresses, in the order in which they are tried
 * @param from creates the `Connect` of one local address
 */
export const createBoundConnect =
  <S>(locals: readonly LocalEnd[], from: (local: LocalEnd) => Connect<S>): Connect<S> =>
  (endpoint, settle) => {
    const [first, ...others] = locals.filter(({ family }) => family === endpoint.family)
    if (!first) {
      let open = true
      const why = `there is no IPv${endpoint.family} address among the local ones`
      process.nextTick(() => {
        if (open) settle(unavailable(endpoint, why))
      })
      return () => (open = false)
    }
    const failures: Error[] = []
    const tryAt = (local: LocalEnd, [next, ...rest]: readonly LocalEnd[]): (() => boolean) =>
      from(local)(endpoint, result => {
        const failure = result.ok ? undefined : bindError(result)
        if (!failure) return settle(result)
        failures.push(failure)
        if (next) cancel = tryAt(next, rest)
        else {
          settle(unavailable(endpoint, failures.map(({ message }) => message).join(', '), failure))
        }
      })
    let cancel = tryAt(first, others)
    return () => cancel()
  }
