import { fail } from '../core/fail.ts'
import { formatHostPort } from '../core/host-port.ts'
import type { Connect, Endpoint, NotConnected } from './types.ts'

/** An address of this host to connect from: canonical text with its zone; port 0 is any free one. */
export type LocalEnd = Endpoint

const unavailable = ({ address, port }: Endpoint, why: string, cause?: Error): NotConnected => {
  const code = 'EADDRNOTAVAIL'
  const message = `connect ${code} ${formatHostPort({ host: address, port })}: ${why}`
  return { ok: false, code, message, sent: false, error: fail(code, message, {}, cause) }
}

/** The system's error where it could not give the socket its local address, undefined where something else failed. */
const bindError = ({ error }: NotConnected): Error | undefined =>
  error && 'syscall' in error && error.syscall === 'bind' ? error : undefined

/**
 * Attempts from given local addresses: the first of the attempt's family that can be bound is used. A
 * bind that fails destroys a socket, so each further address gets a new one.
 *
 * Where there is none of the family, or none can be bound, the attempt fails with EADDRNOTAVAIL, its
 * message names what failed, and nothing was sent.
 *
 * @param locals in the order in which they are tried
 * @param from attempts from one local address
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
