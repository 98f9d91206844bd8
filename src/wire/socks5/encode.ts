import { parseIp, unmapIp } from '../../core/ip.ts'
import type { SocketEnd } from '../../core/socket-end.ts'
import type { FailureReply } from './types.ts'
import type { Method, Reply } from './wire.ts'
import { ADDRESS_TYPE, LOGIN_STATUS, LOGIN_VERSION, METHOD, VERSION } from './wire.ts'

/** The answer to a greeting (RFC 1928 section 3): the method chosen, `METHOD.none` to refuse. */
export const encodeMethodSelection = (method: Method): Uint8Array => Uint8Array.of(VERSION, method)

/** The answer to a login (RFC 1929 section 2). It says yes or no, and repeats nothing of what was sent. */
export const encodeLoginStatus = (ok: boolean): Uint8Array =>
  Uint8Array.of(LOGIN_VERSION, ok ? LOGIN_STATUS.good : LOGIN_STATUS.bad)

/**
 * The answer to a request (RFC 1928 section 6), always whole: 10 bytes with an IPv4 address, 22 with
 * an IPv6 one.
 *
 * @param bound the winner's local end; v4-mapped is unwrapped, and a zone, for which the RFC has no
 *   place, is left out. Absent, or where it is no IP address, 0.0.0.0 stands for "unknown"
 */
export const encodeReply = (reply: Reply, bound?: SocketEnd): Uint8Array => {
  const ip = bound && parseIp(bound.address)
  const address = ip ? unmapIp(ip).bytes : UNKNOWN_ADDRESS
  const bytes = new Uint8Array(4 + address.length + 2)
  bytes[0] = VERSION
  bytes[1] = reply
  bytes[3] = address.length === 4 ? ADDRESS_TYPE.ipv4 : ADDRESS_TYPE.ipv6
  bytes.set(address, 4)
  const port = ip ? bound.port : 0
  bytes[bytes.length - 2] = port >> 8
  bytes[bytes.length - 1] = port & 0xff
  return bytes
}

const UNKNOWN_ADDRESS = new Uint8Array(4)

/** A reply that says no: 10 bytes, with 0.0.0.0:0 in place of the address that there is not. */
export const encodeRefusal = (reply: FailureReply): Uint8Array => encodeReply(reply)

/**
 * A client's greeting (RFC 1928 section 3) that only asks whether a SOCKS5 server is there. It offers
 * both methods spoken here, so that it is refused by no server for lack of a login.
 */
export const encodeGreeting = (): Uint8Array =>
  Uint8Array.of(VERSION, 2, METHOD.noLogin, METHOD.login)
