import { hexByte } from './decode.ts'
import { encodeLoginStatus, encodeMethodSelection, encodeRefusal } from './encode.ts'
import type { HandshakeStage, Refusal, SocksFault } from './wire.ts'
import { METHOD, REPLY } from './wire.ts'

/** A client of another protocol than SOCKS5, recognised by its first byte. */
type ForeignClient = {
  readonly protocol: 'socks4' | 'http' | 'tls' | 'unknown'
  /** The reply in the client's protocol, sent before the close; empty if no reply would help. */
  readonly bytes: Uint8Array
  /** A message for people: what was found and what is allowed. */
  readonly message: string
}

const SOCKS4_VERSION = 0x04
/** Content type of a handshake record, which carries a ClientHello (RFC 8446 section 5.1). */
const TLS_HANDSHAKE = 0x16
const UPPER_A = 0x41
const UPPER_Z = 0x5a

/** SOCKS4 reply: version 0, code 91 (rejected or failed), and a port and address that clients ignore. */
const SOCKS4_REJECTED = Uint8Array.of(0x00, 0x5b, 0, 0, 0, 0, 0, 0)

const HTTP_BODY = 'This port speaks SOCKS5, not HTTP: point the client at it as socks5h://\n'
const HTTP_ANSWER =
  'HTTP/1.1 501 Not Implemented\r\n' +
  'Content-Type: text/plain; charset=utf-8\r\n' +
  `Content-Length: ${HTTP_BODY.length}\r\n` +
  'Connection: close\r\n\r\n' +
  HTTP_BODY

const NOTHING = new Uint8Array(0)

/** Encodes ASCII text. */
const asciiBytes = (text: string): Uint8Array =>
  Uint8Array.from(text, character => character.charCodeAt(0))

/**
 * Recognises the protocol of a client whose first byte is not 05, and returns the reply to it. No reply
 * begins with 05, so no client takes it for SOCKS5.
 */
export const foreignClient = (firstByte: number): ForeignClient => {
  const found = `the first byte is ${hexByte(firstByte)}`
  if (firstByte === SOCKS4_VERSION) {
    return {
      protocol: 'socks4',
      bytes: SOCKS4_REJECTED,
      message: `${found}, a SOCKS4 client: only SOCKS5 is served here`,
    }
  }
  if (firstByte === TLS_HANDSHAKE) {
    return {
      protocol: 'tls',
      bytes: NOTHING,
      message: `${found}, a TLS client: only SOCKS5 is served here, without TLS`,
    }
  }
  if (firstByte >= UPPER_A && firstByte <= UPPER_Z) {
    return {
      protocol: 'http',
      bytes: asciiBytes(HTTP_ANSWER),
      message: `${found}, an HTTP client: only SOCKS5 is served here`,
    }
  }
  return {
    protocol: 'unknown',
    bytes: NOTHING,
    message: `${found}, of no protocol known here: only SOCKS5 is served`,
  }
}

/** The most offered methods that a message lists. */
const LISTED_MAX = 8

/** Refuses a client that does not offer the required method (`05 FF`, then close; RFC 1928 section 3). */
export const refuseMethods = (methods: Uint8Array, requireLogin: boolean): Refusal => {
  const listed = Array.from(methods.subarray(0, LISTED_MAX), hexByte).join(' ')
  const offered = methods.length === 0 ? 'no method' : `only ${listed}`
  const more = methods.length > LISTED_MAX ? ` and ${methods.length - LISTED_MAX} more` : ''
  const needed = requireLogin ? '0x02 (user and password)' : '0x00 (no login)'
  return {
    bytes: encodeMethodSelection(METHOD.none),
    reason: 'auth',
    message: `the greeting offers ${offered}${more}: ${needed} is needed`,
  }
}

/**
 * Refuses an invalid login (`01 01`, then close; RFC 1929 section 2). The message does not say whether user
 * or password was wrong.
 *
 * @param unchecked why the login was not checked, if it was not
 */
export const refuseLogin = (unchecked?: string): Refusal => ({
  bytes: encodeLoginStatus(false),
  reason: unchecked === undefined ? 'auth' : 'limit',
  message: unchecked ?? 'unknown user or wrong password',
})

/**
 * Refuses a client whose bytes a decoder has rejected.
 *
 * @param stage the message that was being decoded
 * @throws the error itself, if no SOCKS decoder threw it
 */
export const refuseFault = (error: unknown, stage: HandshakeStage): Refusal => {
  if (!isFault(error)) throw error
  const { message } = error
  switch (stage) {
    case 'greeting': {
      const client = foreignClient(error.found)
      const reason = client.protocol === 'socks4' ? 'version' : 'protocol'
      return { bytes: client.bytes, reason, message: client.message }
    }
    case 'login':
      return { bytes: encodeLoginStatus(false), reason: 'auth', message }
    case 'request': {
      const reply = error.reply ?? REPLY.generalFailure
      return { bytes: encodeRefusal(reply), reason: requestReason(error.code), reply, message }
    }
    // Nothing is decoded in these stages, so no decoder can have thrown.
    case 'verification':
    case null:
      throw error
  }
}

const isFault = (error: unknown): error is SocksFault =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  error.code.startsWith('ERR_SOCKS_')

const requestReason = (code: string): Refusal['reason'] => {
  if (code === 'ERR_SOCKS_VERSION') return 'version'
  return code === 'ERR_SOCKS_COMMAND' ? 'command' : 'address'
}
