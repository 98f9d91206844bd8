import { parseIp, unmapIp } from '../../core/ip.ts'
import type { SocketEnd } from '../../core/stream-socket.ts'

/** The codes of a reply (SOCKS4 protocol, "CONNECT"): granted, and rejected or failed. */
export const SOCKS4_REPLY = { granted: 0x5a, rejected: 0x5b } as const

export type Socks4Reply = (typeof SOCKS4_REPLY)[keyof typeof SOCKS4_REPLY]

/** A version of 0, the code, a port (2 bytes) and an IPv4 address. */
const REPLY_BYTES = 8
const ADDRESS_AT = 4

/**
 * Encodes a reply of 8 bytes.
 *
 * @param bound the winner's local end; the address is 0.0.0.0 if it is no IPv4 address. Without it the port
 *   is 0 as well
 */
export const encodeSocks4Reply = (reply: Socks4Reply, bound?: SocketEnd): Uint8Array => {
  const bytes = new Uint8Array(REPLY_BYTES)
  bytes[1] = reply
  if (!bound) return bytes
  bytes[2] = bound.port >> 8
  bytes[3] = bound.port & 0xff
  const parsed = parseIp(bound.address)
  const ip = parsed && unmapIp(parsed)
  if (ip?.family === 4) bytes.set(ip.bytes, ADDRESS_AT)
  return bytes
}
