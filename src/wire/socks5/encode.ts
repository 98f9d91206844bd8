import { parseIp, unmapIp } from '../../core/ip.ts'
import type { FailureOutcome } from '../../core/judge.ts'
import type { SocketEnd } from '../../core/stream-socket.ts'
import type { FailureReply, Method, Reply } from './wire.ts'
import { ADDRESS_TYPE, LOGIN_STATUS, LOGIN_VERSION, METHOD, REPLY, VERSION } from './wire.ts'

const REPLIES: Readonly<Record<FailureOutcome, FailureReply>> = {
  denied: REPLY.notAllowed,
  'client-denied': REPLY.notAllowed,
  loop: REPLY.notAllowed,
  refused: REPLY.refused,
  'host-unreachable': REPLY.hostUnreachable,
  'network-unreachable': REPLY.networkUnreachable,
  'no-family': REPLY.addressTypeNotSupported,
  'timed-out': REPLY.timedOut,
  'no-address': REPLY.hostUnreachable,
  'dns-failed': REPLY.hostUnreachable,
  limit: REPLY.generalFailure,
  failed: REPLY.generalFailure,
}

/** The SOCKS5 reply (RFC 1928 section 6) for each failure. */
export const replyCode = (outcome: FailureOutcome): FailureReply => REPLIES[outcome]

/** Encodes the reply to a greeting (RFC 1928 section 3): the chosen method, or `METHOD.none` to refuse. */
export const encodeMethodSelection = (method: Method): Uint8Array => Uint8Array.of(VERSION, method)

/** Encodes the reply to a login (RFC 1929 section 2). It contains the status only, nothing of the login. */
export const encodeLoginStatus = (ok: boolean): Uint8Array =>
  Uint8Array.of(LOGIN_VERSION, ok ? LOGIN_STATUS.good : LOGIN_STATUS.bad)

/**
 * Encodes the reply to a request (RFC 1928 section 6): 10 bytes with an IPv4 address, 22 with an IPv6 one.
 *
 * @param bound the winner's local end; an IPv4-mapped address becomes IPv4, and a zone, which the RFC has
 *   no field for, is omitted. If absent or no IP address, the reply has 0.0.0.0:0
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

/** Encodes a failure reply: 10 bytes, with 0.0.0.0:0 as the address. */
export const encodeRefusal = (reply: FailureReply): Uint8Array => encodeReply(reply)

/**
 * Encodes a client's greeting (RFC 1928 section 3) that checks whether a SOCKS5 server listens. It offers
 * both supported methods, so that no server refuses it for lack of a login.
 */
export const encodeGreeting = (): Uint8Array =>
  Uint8Array.of(VERSION, 2, METHOD.noLogin, METHOD.login)
