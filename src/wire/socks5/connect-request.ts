import type { ByteReader } from '../../core/byte-reader.ts'
import { fail } from '../../core/fail.ts'
import type { HostPort } from '../../core/host-port.ts'
import { parseIp } from '../../core/ip.ts'
import { assertVersion, decodeMethodSelection, hexByte } from './decode.ts'
import { ADDRESS_TYPE, COMMAND, METHOD, REPLY, VERSION } from './wire.ts'

/** The longest domain that a request can hold (RFC 1928 section 5). */
const DOMAIN_MAX_BYTES = 255

const hostBytes = (host: string): Uint8Array => {
  const ip = parseIp(host)
  if (ip) {
    const type = ip.family === 4 ? ADDRESS_TYPE.ipv4 : ADDRESS_TYPE.ipv6
    return Uint8Array.of(type, ...ip.bytes)
  }
  const name = new TextEncoder().encode(host)
  if (name.length === 0 || name.length > DOMAIN_MAX_BYTES) {
    const message = `the host has ${name.length} bytes: 1 to ${DOMAIN_MAX_BYTES} are allowed`
    throw fail('ERR_SOCKS_ADDRESS', message, { found: name.length })
  }
  return Uint8Array.of(ADDRESS_TYPE.domain, name.length, ...name)
}

/**
 * Encodes a client's greeting, which offers no login, and its CONNECT request (RFC 1928 sections 3 and 4).
 * Both may be sent at once to a server that is known to require no login.
 *
 * @throws ERR_SOCKS_ADDRESS for a host that does not fit into a request
 */
export const encodeConnect = ({ host, port }: HostPort): Uint8Array =>
  Uint8Array.of(
    VERSION,
    1,
    METHOD.noLogin,
    VERSION,
    COMMAND.connect,
    0,
    ...hostBytes(host),
    port >> 8,
    port & 0xff,
  )

const REASONS: Readonly<Record<number, string>> = {
  [REPLY.generalFailure]: 'the connection failed',
  [REPLY.notAllowed]: 'the connection is not allowed',
  [REPLY.networkUnreachable]: 'the network is unreachable',
  [REPLY.hostUnreachable]: 'the host is unreachable or has no address',
  [REPLY.refused]: 'the connection was refused',
  [REPLY.timedOut]: 'no address answered in time',
  [REPLY.commandNotSupported]: 'the command is not supported',
  [REPLY.addressTypeNotSupported]: 'the address type is not supported',
}

/** Bytes before the address, and of the port behind it. */
const HEAD_BYTES = 4
const PORT_BYTES = 2

/** The bytes of the address; undefined if its length has not arrived. */
const addressBytes = (type: number, reader: ByteReader): number | undefined => {
  if (type === ADDRESS_TYPE.ipv4) return 4
  if (type === ADDRESS_TYPE.ipv6) return 16
  if (type !== ADDRESS_TYPE.domain) {
    const message = `the reply has the address type ${hexByte(type)}: 0x01, 0x03 or 0x04 is allowed`
    throw fail('ERR_SOCKS_ADDRESS_TYPE', message, { found: type })
  }
  const length = reader.peek(HEAD_BYTES)
  return length === undefined ? undefined : 1 + length
}

/** Reads what a server answers to `encodeConnect`. Bytes after it stay in the reader: they are the target's. */
export type ConnectAnswer = {
  /**
   * @returns whether the answer is complete, and the target connected
   * @throws ERR_SOCKS_VERSION, ERR_SOCKS_AUTH, ERR_SOCKS_ADDRESS_TYPE, or ERR_RACE_FAILED with the reply
   *   code as `found` if the target is not connected
   */
  readonly read: (reader: ByteReader) => boolean
}

export const createConnectAnswer = (): ConnectAnswer => {
  let isGreeted = false
  return {
    read: reader => {
      if (!isGreeted) {
        const method = decodeMethodSelection(reader)
        if (method === undefined) return false
        if (method !== METHOD.noLogin) {
          const message = `the proxy chose the method ${hexByte(method)}: 0x00 (no login) is allowed`
          throw fail('ERR_SOCKS_AUTH', message, { found: method })
        }
        isGreeted = true
      }
      const version = reader.peek(0)
      if (version === undefined) return false
      assertVersion(version, 'reply')
      const code = reader.peek(1)
      if (code === undefined) return false
      if (code !== REPLY.succeeded) {
        const message = REASONS[code] ?? `the proxy replied ${hexByte(code)}`
        throw fail('ERR_RACE_FAILED', message, { found: code })
      }
      const type = reader.peek(3)
      const length = type === undefined ? undefined : addressBytes(type, reader)
      if (length === undefined) return false
      return reader.take(HEAD_BYTES + length + PORT_BYTES) !== undefined
    },
  }
}
