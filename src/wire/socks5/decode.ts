import type { ByteReader } from '../../core/byte-reader.ts'
import { fail } from '../../core/fail.ts'
import type { Login } from '../../core/login.ts'
import { LOGIN_VERSION, VERSION } from './wire.ts'

/** RFC 1928 section 3: what the client offers, in its order; repeated and unknown methods included. Empty where it offers nothing. */
export type Greeting = { readonly methods: Uint8Array }

/** A byte as people write it in this protocol: 0x05. */
export const hexByte = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`

/** Refuses a message of another version than SOCKS5's. `where` names the message. */
export const assertVersion = (found: number, where: string): void => {
  if (found !== VERSION) {
    throw fail(
      'ERR_SOCKS_VERSION',
      `the ${where} begins with version ${hexByte(found)}: ${hexByte(VERSION)} is allowed`,
      { found },
    )
  }
}

/**
 * Reads a client's greeting (RFC 1928 section 3).
 *
 * @returns undefined where not all of it has come; nothing is consumed then
 * @throws ERR_SOCKS_VERSION at the first byte, with it as `found`
 */
export const decodeGreeting = (reader: ByteReader): Greeting | undefined => {
  const version = reader.peek(0)
  if (version === undefined) return undefined
  assertVersion(version, 'greeting')
  const count = reader.peek(1)
  if (count === undefined) return undefined
  const message = reader.take(2 + count)
  return message && { methods: message.subarray(2) }
}

/**
 * Reads a login (RFC 1929 section 2). What was sent as a name or password is in no error.
 *
 * @returns undefined where not all of it has come; nothing is consumed then
 * @throws ERR_SOCKS_AUTH as soon as the byte is there that cannot be right, with it as `found`
 */
export const decodeLogin = (reader: ByteReader): Login | undefined => {
  const version = reader.peek(0)
  if (version === undefined) return undefined
  if (version !== LOGIN_VERSION) {
    // A client that skips the login sends its request here; a request begins with 05 (RFC 1928 section 4).
    throw fail(
      'ERR_SOCKS_AUTH',
      `the login begins with version ${hexByte(version)}: ${hexByte(LOGIN_VERSION)} is allowed`,
      { found: version },
    )
  }
  const userLength = reader.peek(1)
  if (userLength === undefined) return undefined
  assertNotEmpty(userLength, 'user name')
  const passwordLength = reader.peek(2 + userLength)
  if (passwordLength === undefined) return undefined
  assertNotEmpty(passwordLength, 'password')
  const message = reader.take(3 + userLength + passwordLength)
  return (
    message && {
      user: message.subarray(2, 2 + userLength),
      password: message.subarray(3 + userLength),
    }
  )
}

const assertNotEmpty = (length: number, what: string): void => {
  if (length === 0) {
    throw fail('ERR_SOCKS_AUTH', `the login has an empty ${what}: 1 to 255 bytes are allowed`, {
      found: length,
    })
  }
}

/**
 * Reads a server's answer to a greeting (RFC 1928 section 3): the method that it chose, `METHOD.none`
 * where it takes none of those offered. Either says that a SOCKS5 server is there.
 *
 * @returns undefined where not all of it has come; nothing is consumed then
 * @throws ERR_SOCKS_VERSION at the first byte, with it as `found`
 */
export const decodeMethodSelection = (reader: ByteReader): number | undefined => {
  const version = reader.peek(0)
  if (version === undefined) return undefined
  assertVersion(version, "server's answer")
  return reader.take(2)?.[1]
}
