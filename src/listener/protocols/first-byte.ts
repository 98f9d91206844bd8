import { encodeAnswer } from '../../wire/http/encode-answer.ts'
import { errorStatus } from '../../wire/http/proxy-status.ts'
import { SOCKS4_VERSION } from '../../wire/socks4/decode-request.ts'
import { SOCKS4_REPLY, encodeSocks4Reply } from '../../wire/socks4/encode-reply.ts'
import { hexByte } from '../../wire/socks5/decode.ts'
import { encodeGreeting, encodeMethodSelection } from '../../wire/socks5/encode.ts'
import { METHOD, VERSION } from '../../wire/socks5/wire.ts'
import type { ProtocolName } from '../events.ts'

/** A protocol whose clients name their target, and that its first byte identifies. */
export type ClientProtocolName = Exclude<ProtocolName, 'forward'>

/** Content type of a handshake record, which carries a ClientHello (RFC 8446 section 5.1). */
const TLS_HANDSHAKE = 0x16
const UPPER_A = 0x41
const UPPER_Z = 0x5a

/**
 * Identifies a protocol by the first byte: a version of SOCKS (RFC 1928 section 3), or an upper-case letter,
 * with which all registered HTTP methods begin (RFC 9110 section 16.1).
 */
export const protocolOf = (first: number): ClientProtocolName | undefined => {
  if (first === VERSION) return 'socks5'
  if (first === SOCKS4_VERSION) return 'socks4'
  return first >= UPPER_A && first <= UPPER_Z ? 'http' : undefined
}

const TITLES: Readonly<Record<ClientProtocolName, string>> = {
  socks5: 'SOCKS5',
  socks4: 'SOCKS4',
  http: 'HTTP',
}

const HTTP_STATUS = 501

const HTTP_ANSWER = encodeAnswer({
  status: HTTP_STATUS,
  text: 'This port speaks SOCKS, not HTTP: point the client at it as socks5h://',
  proxyStatus: errorStatus('http_request_error'),
})

/** Refusals in the client's own protocol. None begins with what would be a success there. */
const ANSWERS: Readonly<Record<ClientProtocolName, Uint8Array>> = {
  socks5: encodeMethodSelection(METHOD.none),
  socks4: encodeSocks4Reply(SOCKS4_REPLY.rejected),
  http: HTTP_ANSWER,
}

const ANSWER_CODES: Readonly<Partial<Record<ClientProtocolName, number>>> = {
  socks4: SOCKS4_REPLY.rejected,
  http: HTTP_STATUS,
}

const NOTHING = new Uint8Array(0)
const HEALTHCHECK = encodeGreeting().join()

/** How to refuse a client of a protocol that its listener does not serve. */
export type ForeignClient = {
  /** Sent before the close; empty if no reply would help. */
  readonly answer: Uint8Array
  /** The code of the reply in the answer, if there is one: `05 FF` of SOCKS5 is none. */
  readonly reply: number | undefined
  /** A message for people: what was found and what is allowed. */
  readonly message: string
  /** Whether the bytes are those of a healthcheck (`eyeballd healthcheck`). */
  readonly mayBeProbe: boolean
}

/**
 * Returns how to refuse a client whose first bytes are not those of a served protocol.
 *
 * @param bytes at least one
 * @param served at least one
 */
export const foreignClient = (
  bytes: Uint8Array,
  served: readonly ClientProtocolName[],
): ForeignClient => {
  const [first = 0] = bytes
  const protocol = protocolOf(first)
  const found =
    protocol === undefined ? (first === TLS_HANDSHAKE ? 'TLS' : undefined) : TITLES[protocol]
  const client =
    found === undefined
      ? 'no protocol known here'
      : `${found === 'HTTP' ? 'an' : 'a'} ${found} client`
  const allowed = served.map(name => TITLES[name]).join(', ')
  const list = allowed.replace(/, (?=\w+$)/, ' and ')
  return {
    answer: protocol === undefined ? NOTHING : ANSWERS[protocol],
    reply: protocol === undefined ? undefined : ANSWER_CODES[protocol],
    message: `the first byte is ${hexByte(first)}: ${client}; this port serves ${list}, without TLS`,
    mayBeProbe: bytes.join() === HEALTHCHECK,
  }
}
