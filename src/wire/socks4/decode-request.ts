import type { ByteReader } from '../../core/byte-reader.ts'
import { fail } from '../../core/fail.ts'
import type { HostPort } from '../../core/host-port.ts'
import { formatIp, ipFromBytes } from '../../core/ip.ts'
import { hexByte } from '../socks5/decode.ts'
import { latin1Text } from '../latin1-text.ts'
import { readTargetHost } from '../target-host.ts'

/** The first byte of a request (SOCKS4 protocol, "CONNECT"). */
export const SOCKS4_VERSION = 0x04

const CONNECT = 0x01

/** Offsets: version, command, port (2 bytes), address (4 bytes), then the user id. */
const COMMAND_AT = 1
const PORT_AT = 2
const ADDRESS_AT = 4
const USER_ID_AT = 8

const USER_ID_MAX_BYTES = 255
/** SOCKS4A sets no limit; a domain of SOCKS5 has at most 255 bytes (RFC 1928 section 5). */
const DOMAIN_MAX_BYTES = 255

/**
 * Returns the length of the NUL-terminated text at an offset.
 *
 * @returns undefined if its NUL has not arrived yet
 * @throws ERR_SOCKS_ADDRESS as soon as it is longer than `max`
 */
const textLength = (
  reader: ByteReader,
  at: number,
  max: number,
  what: string,
): number | undefined => {
  for (let length = 0; length <= max; length++) {
    const byte = reader.peek(at + length)
    if (byte === undefined) return undefined
    if (byte === 0) return length
  }
  const found = reader.peek(at + max) ?? 0
  throw fail('ERR_SOCKS_ADDRESS', `the ${what} has no end: at most ${max} bytes are allowed`, {
    found,
  })
}

/** SOCKS4A: an address 0.0.0.x with x > 0 means that a name follows the user id. */
const hasDomain = (reader: ByteReader): boolean =>
  reader.peek(ADDRESS_AT) === 0 &&
  reader.peek(ADDRESS_AT + 1) === 0 &&
  reader.peek(ADDRESS_AT + 2) === 0 &&
  reader.peek(ADDRESS_AT + 3) !== 0

const refuseDomain = (byte: number, at: number): Error =>
  fail(
    'ERR_SOCKS_ADDRESS',
    `the domain of the request has byte ${hexByte(byte)} at place ${at + 1}: a host name or an IP address is allowed`,
    { found: byte },
  )

/**
 * Decodes a CONNECT request of SOCKS4 or SOCKS4A, whose first byte is known to be 04. Bytes after it stay in
 * the reader: they are the client's first bytes for the target. Checks run in byte order, so that the result
 * does not depend on how the bytes were split. The user id proves nothing, and is dropped.
 *
 * @returns undefined if the request is incomplete; nothing is consumed then
 * @throws ERR_SOCKS_COMMAND or ERR_SOCKS_ADDRESS as soon as it is certain, with `found`
 */
export const decodeSocks4Request = (reader: ByteReader): HostPort | undefined => {
  const command = reader.peek(COMMAND_AT)
  if (command === undefined) return undefined
  if (command !== CONNECT) {
    throw fail(
      'ERR_SOCKS_COMMAND',
      `the request has command ${hexByte(command)}: only 0x01 (CONNECT) is supported`,
      { found: command },
    )
  }
  const high = reader.peek(PORT_AT)
  const low = reader.peek(PORT_AT + 1)
  if (high === undefined || low === undefined) return undefined
  const port = high * 256 + low
  if (port === 0) {
    throw fail('ERR_SOCKS_ADDRESS', 'the request has port 0: 1 to 65535 is allowed', { found: 0 })
  }
  if (reader.peek(USER_ID_AT - 1) === undefined) return undefined
  const userId = textLength(reader, USER_ID_AT, USER_ID_MAX_BYTES, 'user id')
  if (userId === undefined) return undefined
  const domainAt = USER_ID_AT + userId + 1
  if (!hasDomain(reader)) {
    const request = reader.take(domainAt)
    return (
      request && { host: formatIp(ipFromBytes(request.subarray(ADDRESS_AT, USER_ID_AT))), port }
    )
  }
  const length = textLength(reader, domainAt, DOMAIN_MAX_BYTES, 'domain')
  if (length === undefined) return undefined
  if (length === 0) {
    throw fail(
      'ERR_SOCKS_ADDRESS',
      'the domain of the request is empty: 1 to 255 bytes are allowed',
      {
        found: 0,
      },
    )
  }
  const request = reader.take(domainAt + length + 1)
  if (!request) return undefined
  const domain = request.subarray(domainAt, domainAt + length)
  return { host: readTargetHost(latin1Text(domain), refuseDomain).host, port }
}
