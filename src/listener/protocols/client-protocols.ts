import type { VerifyLogin } from '../../auth/create-verify-login.ts'
import type { CreateProtocol, Protocol, Rejection } from '../protocol-types.ts'
import type { ListenerParts, Policy } from '../session-types.ts'
import type { ClientProtocolName } from './first-byte.ts'
import { foreignClient, protocolOf } from './first-byte.ts'
import { createHttp } from './http.ts'
import { createSocks4 } from './socks4.ts'
import { createSocks5 } from './socks5.ts'

/** The protocols of a listener's clients, in the order in which messages list them. */
export type ServedProtocols = Readonly<Partial<Record<ClientProtocolName, CreateProtocol>>>

/** The values of a listener's `protocol` with which clients name their target. */
type ListenerProtocol = Exclude<Policy['protocol'], 'forward'>

/**
 * The one table of client protocols: what each value of a listener's `protocol` serves. One byte decides, and
 * no two protocols share a first byte, so a protocol behaves on a mixed port as on a port of its own.
 */
const SERVED = {
  mixed: ['socks5', 'socks4', 'http'],
  socks: ['socks5', 'socks4'],
  http: ['http'],
} as const satisfies Readonly<Record<ListenerProtocol, readonly ClientProtocolName[]>>

const doNothing = (): void => {}
// There is no request before the first byte, so neither is called.
const success: Protocol['success'] = () => null
const failure: Protocol['failure'] = () => ({ closing: 'close' })

/**
 * The protocol of a connection before its first byte. That byte decides, and the chosen protocol gets all
 * bytes. A client of another protocol is refused in its own words.
 */
export const chooseProtocol = (
  served: ServedProtocols,
  handshakeTimeoutMs: number,
): CreateProtocol => {
  const names = Object.keys(served) as readonly ClientProtocolName[]

  const gone = (why: 'left' | 'timeout'): Pick<Rejection, 'reason' | 'message'> =>
    why === 'left'
      ? { reason: 'protocol', message: 'the client left before it sent anything' }
      : { reason: 'timeout', message: `nothing arrived within ${handshakeTimeoutMs} ms` }

  return session => {
    let isProbe = true
    const refuse = (bytes: Uint8Array): void => {
      const { answer, message, mayBeProbe, reply } = foreignClient(bytes, names)
      isProbe = mayBeProbe && session.isLocal
      const sent = reply === undefined ? {} : { reply }
      session.reject({ reason: 'protocol', message, closing: { answer }, ...sent })
    }
    const waiting: Protocol = {
      begin: doNothing,
      receive: bytes => {
        const [first] = bytes
        if (first === undefined) return
        const name = protocolOf(first)
        if (name === undefined) return refuse(bytes)
        // The log line of a refused client names its protocol, too.
        session.become(name, served[name] ?? (() => ({ ...waiting, receive: refuse })), bytes)
      },
      ended: () => session.reject({ ...gone('left'), closing: 'close' }),
      gone,
      probe: () => isProbe,
      stop: doNothing,
      finEndsRace: true,
      success,
      failure,
    }
    return waiting
  }
}

/**
 * Creates the protocol of a listener whose clients name their target.
 *
 * @param policy.verify checks logins; null if no login is required
 * @param policy.refusesAll whether every request is refused, so that no login of HTTP is asked for. That of SOCKS5
 *   is, because it precedes the request (RFC 1929 section 2)
 */
export const createClientProtocol = (
  {
    protocol,
    verify,
    refusesAll = false,
  }: {
    readonly protocol: ListenerProtocol
    readonly verify: VerifyLogin | null
    readonly refusesAll?: boolean
  },
  parts: Pick<ListenerParts, 'clock' | 'waits'>,
): CreateProtocol => {
  // Those who begin now have this time, whatever a reload changes.
  const { handshakeTimeoutMs } = parts.waits
  const all: Required<ServedProtocols> = {
    socks5: createSocks5({ parts, verify, handshakeTimeoutMs }),
    socks4: createSocks4({ requireLogin: verify !== null, handshakeTimeoutMs }),
    http: createHttp({ parts, verify: refusesAll ? null : verify, handshakeTimeoutMs }),
  }
  const served = SERVED[protocol].map(name => [name, all[name]] as const)
  return chooseProtocol(Object.fromEntries(served), handshakeTimeoutMs)
}
