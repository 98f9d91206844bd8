import type { ByteReader } from '../../core/byte-reader.ts'
import { fail } from '../../core/fail.ts'
import type { Login } from '../../core/login.ts'
import { LOGIN_VERSION, VERSION } from './wire.ts'

/**
 * The methods that the client offers (RFC 1928 section 3), in its order, with repeated and unknown ones;
 * may be empty.
 */
export type Greeting = { readonly methods: Uint8Array }

/** Formats a byte in hexadecimal: 0x05. */
export const hexByte = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`

/**
 * Throws if the version is not SOCKS5's.
 *
 * @param where the name of the message
 */
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
 * Decodes a client's greeting (RFC 1928 section 3).
 *
 * @returns undefined if the greeting is incomplete; nothing is consumed then
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
 * Decodes a login (RFC 1929 section 2). Errors do not contain the name or password.
 *
 * @returns undefined if the login is incomplete; nothing is consumed then
 * @throws ERR_SOCKS_AUTH as soon as a byte is invalid, with it as `found`
 */
export const decodeLogin = (reader: ByteReader): Login | undefined => {
  const version = reader.peek(0)
  if (version === undefined) return undefined
  if (version !== LOGIN_VERSION) {
    // A client that skips the login sends its request here, which begins with 05 (RFC 1928 section 4).
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
 * Decodes a server's reply to a greeting (RFC 1928 section 3): the method that it chose, or `METHOD.none`
 * if it accepts none of those offered. Both prove that a SOCKS5 server listens.
 *
 * @returns undefined if the reply is incomplete; nothing is consumed then
 * @throws ERR_SOCKS_VERSION at the first byte, with it as `found`
 */
export const decodeMethodSelection = (reader: ByteReader): number | undefined => {
  const version = reader.peek(0)
  if (version === undefined) return undefined
  assertVersion(version, "server's answer")
  return reader.take(2)?.[1]
}
