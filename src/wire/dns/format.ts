import type { RecordType } from '../../core/ip.ts'

/** Size of a message's header (RFC 1035 section 4.1.1). */
export const HEADER_OCTETS = 12

/** Bits of the second word of the header (RFC 1035 section 4.1.1). */
export const FLAG = {
  response: 0x8000,
  opcode: 0x7800,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
  rcode: 0x000f,
} as const

/** Record types: RFC 1035 section 3.2.2, RFC 3596 section 2.1 (AAAA), RFC 6891 section 6.1.1 (OPT). */
export const TYPE = { A: 1, NS: 2, CNAME: 5, SOA: 6, AAAA: 28, OPT: 41 } as const

/** The Internet class (RFC 1035 section 3.2.4). */
export const CLASS_IN = 1

/** Response codes of RFC 1035 section 4.1.1, and BADVERS of RFC 6891 section 9. */
export const RCODE = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
  badVersion: 16,
} as const

/**
 * The UDP payload size that queries announce (RFC 6891 section 6.2.3), in octets. Datagrams of this size
 * cross every IPv6 path without fragments, which many networks drop.
 */
export const UDP_MAX_OCTETS = 1232

/** Length of the address in each record type, in octets. */
export const ADDRESS_OCTETS: Readonly<Record<RecordType, number>> = { A: 4, AAAA: 16 }

/** Reads 16 bits in network byte order; octets past the end count as 0. */
export const word = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)

/** Reads 32 bits in network byte order. */
export const longWord = (bytes: Uint8Array, at: number): number =>
  word(bytes, at) * 65_536 + word(bytes, at + 2)

/** Writes 16 bits in network byte order. */
export const writeWord = (bytes: Uint8Array, at: number, value: number): void => {
  bytes[at] = value >> 8
  bytes[at + 1] = value & 0xff
}
