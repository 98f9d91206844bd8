import type { ByteReader } from '../../core/byte-reader.ts'
import { fail } from '../../core/fail.ts'
import type { HostPort } from '../../core/host-port.ts'
import { formatIp, ipFromBytes, unmapIp } from '../../core/ip.ts'
import { latin1Text } from '../latin1-text.ts'
import type { TargetHost, TargetKind } from '../target-host.ts'
import { readTargetHost } from '../target-host.ts'
import { assertVersion, hexByte } from './decode.ts'
import { ADDRESS_TYPE, COMMAND, REPLY } from './wire.ts'

/**
 * Decodes the domain of a request (RFC 1928 section 5): a name, or an IP literal with or without brackets.
 *
 * @param bytes 1 to 255 bytes
 * @throws ERR_SOCKS_ADDRESS with `found`, the first invalid byte, and `reply`; the message does not contain
 *   the name, which may hold anything
 */
const readDomain = (bytes: Uint8Array): TargetHost => readTargetHost(latin1Text(bytes), refuse)

const refuse = (byte: number, at: number): Error =>
  fail(
    'ERR_SOCKS_ADDRESS',
    `the domain of the request has byte ${hexByte(byte)} at place ${at + 1}: a host name or an IP address is allowed`,
    { found: byte, reply: REPLY.hostUnreachable },
  )

/** A CONNECT request (RFC 1928 section 4). The port is 1 to 65,535. */
export type SocksRequest = {
  /** An address in canonical text, or a name as sent, with its case and trailing dot. */
  readonly target: HostPort
  /** The kind of `target.host`: an IP literal sent as a domain counts as an address. */
  readonly kind: TargetKind
}

/** Offset of the address: after version, command, the reserved byte and the address type. */
const HEAD_BYTES = 4
const PORT_BYTES = 2

/**
 * Decodes a request. Bytes after it stay in the reader: they are the client's first bytes for the target.
 * Checks run in byte order, so that the result does not depend on how the bytes were split.
 *
 * The reserved byte may have any value, although RFC 1928 section 4 wants 0: most servers ignore it. The
 * resolver refuses a name or label that is too long.
 *
 * @returns undefined if the request is incomplete; nothing is consumed then
 * @throws ERR_SOCKS_VERSION, ERR_SOCKS_COMMAND, ERR_SOCKS_ADDRESS_TYPE or ERR_SOCKS_ADDRESS as soon as it
 *   is certain, with `found`; and, except for the version, with `reply`, the code of RFC 1928 section 6
 */
export const decodeRequest = (reader: ByteReader): SocksRequest | undefined => {
  const version = reader.peek(0)
  if (version === undefined) return undefined
  assertVersion(version, 'request')
  const command = reader.peek(1)
  if (command === undefined) return undefined
  assertConnect(command)
  const type = reader.peek(3)
  switch (type) {
    case undefined:
      return undefined
    case ADDRESS_TYPE.ipv4:
      return decodeAddress(reader, 4)
    case ADDRESS_TYPE.ipv6:
      return decodeAddress(reader, 16)
    case ADDRESS_TYPE.domain:
      return decodeDomain(reader)
    default:
      // The length of such an address is unknown, so waiting for more bytes might never end.
      throw fail(
        'ERR_SOCKS_ADDRESS_TYPE',
        `the request has address type ${hexByte(type)}: 0x01 (IPv4), 0x03 (domain) and 0x04 (IPv6) are allowed`,
        { found: type, reply: REPLY.addressTypeNotSupported },
      )
  }
}

const COMMAND_NAMES: Readonly<Record<number, string>> = {
  [COMMAND.bind]: ' (BIND)',
  [COMMAND.udpAssociate]: ' (UDP ASSOCIATE)',
}

const assertConnect = (command: number): void => {
  if (command !== COMMAND.connect) {
    throw fail(
      'ERR_SOCKS_COMMAND',
      `the request has command ${hexByte(command)}${COMMAND_NAMES[command] ?? ''}: only 0x01 (CONNECT) is served`,
      { found: command, reply: REPLY.commandNotSupported },
    )
  }
}

const decodeAddress = (reader: ByteReader, length: 4 | 16): SocksRequest | undefined => {
  const message = reader.take(HEAD_BYTES + length + PORT_BYTES)
  if (!message) return undefined
  const bytes = message.subarray(HEAD_BYTES, HEAD_BYTES + length)
  // Access rules and the race treat an IPv4-mapped address as its IPv4 address.
  const ip = unmapIp(ipFromBytes(bytes))
  return {
    target: { host: formatIp(ip), port: portAtEnd(message) },
    kind: ip.family === 4 ? 'ipv4' : 'ipv6',
  }
}

const decodeDomain = (reader: ByteReader): SocksRequest | undefined => {
  const length = reader.peek(HEAD_BYTES)
  if (length === undefined) return undefined
  if (length === 0) {
    // getaddrinfo(3) resolves an empty name to localhost.
    throw fail('ERR_SOCKS_ADDRESS', 'the request has an empty domain: 1 to 255 bytes are allowed', {
      found: length,
      reply: REPLY.generalFailure,
    })
  }
  const start = HEAD_BYTES + 1
  const message = reader.take(start + length + PORT_BYTES)
  if (!message) return undefined
  const { host, kind } = readDomain(message.subarray(start, start + length))
  return { target: { host, port: portAtEnd(message) }, kind }
}

const portAtEnd = (message: Uint8Array): number => {
  const port = (message.at(-2) ?? 0) * 256 + (message.at(-1) ?? 0)
  if (port === 0) {
    throw fail('ERR_SOCKS_ADDRESS', 'the request has port 0: 1 to 65535 are allowed', {
      found: port,
      reply: REPLY.generalFailure,
    })
  }
  return port
}
