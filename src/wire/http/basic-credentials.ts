import { fail } from '../../core/fail.ts'
import type { Login } from '../../core/login.ts'
import type { HttpFault, RequestHead } from './wire.ts'
import { fieldValues } from './wire.ts'

/** As RFC 1929 section 2 has it; a configuration accepts no longer ones. */
const PART_MAX_BYTES = 255

const COLON = 0x3a

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** The value of each base64 character by its code; -1 for any other. */
const VALUES: readonly number[] = Array.from({ length: 128 }, (_, code) =>
  ALPHABET.indexOf(String.fromCharCode(code)),
)

/** Whole groups of four characters, the last with `=` in place of what it lacks. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/**
 * Decodes base64 (RFC 4648 section 4) strictly, with padding and without unused bits, so that one login has
 * one form.
 *
 * @returns undefined for any other text
 */
const decodeBase64 = (text: string): Uint8Array | undefined => {
  if (!BASE64.test(text)) return undefined
  const characters = text.replace(/=+$/, '')
  const bytes = new Uint8Array(Math.floor((characters.length * 6) / 8))
  let bits = 0
  let held = 0
  let size = 0
  for (let at = 0; at < characters.length; at++) {
    held = ((held << 6) | (VALUES[characters.charCodeAt(at)] ?? 0)) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[size++] = held >> bits
    held &= (1 << bits) - 1
  }
  return held === 0 ? bytes : undefined
}

const refuse = (message: string): HttpFault => fail('ERR_HTTP_AUTH', message, { status: 407 })

/**
 * Reads the login of a request from Proxy-Authorization (RFC 9110 section 11.7.2) with the scheme Basic (RFC
 * 7617). User and password are bytes, as in SOCKS5, normally UTF-8; they are separated by the first colon.
 *
 * @throws HttpFault with ERR_HTTP_AUTH and 407 if there is no such login. The message contains nothing of it
 */
export const readBasicCredentials = (head: Pick<RequestHead, 'fields'>): Login => {
  const [value, another] = fieldValues(head, 'Proxy-Authorization')
  if (value === undefined) throw refuse('the request has no login')
  if (another !== undefined) throw refuse('the request has more than one login')
  const [match, token = ''] = /^Basic +([^ ]*)$/i.exec(value) ?? []
  if (match === undefined) throw refuse('the login of the request has another scheme than Basic')
  const bytes = decodeBase64(token)
  if (!bytes) throw refuse('the login of the request is not valid base64')
  const colon = bytes.indexOf(COLON)
  if (colon < 0) throw refuse('the login of the request has no colon')
  const user = bytes.subarray(0, colon)
  const password = bytes.subarray(colon + 1)
  for (const [part, what] of [
    [user, 'user name'],
    [password, 'password'],
  ] as const) {
    if (part.length >= 1 && part.length <= PART_MAX_BYTES) continue
    const found = part.length === 0 ? 'an empty' : 'too long a'
    throw refuse(`the login has ${found} ${what}: 1 to ${PART_MAX_BYTES} bytes are allowed`)
  }
  return { user, password }
}
