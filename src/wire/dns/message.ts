import type { Ip, RecordType } from '../../core/ip.ts'
import type { WireName } from './names.ts'
import { writeName } from './names.ts'

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
const UDP_MAX_OCTETS = 1232

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

/** A question: the addresses of one family of one name. */
export type DnsQuestion = {
  /** 16 bits, chosen at random. */
  readonly id: number
  readonly name: WireName
  readonly record: RecordType
}

/** The result of parsing a message for a question. */
export type DnsResponse =
  /** Not a response to this question: a response to another one, a query, or shorter than a header. */
  | { readonly type: 'other' }
  /** The addresses at the end of the chain of aliases (CNAME), without duplicates, at most 64. */
  | {
      readonly type: 'addresses'
      readonly addresses: readonly Ip[]
      /** Seconds; the minimum of the chain and the addresses. */
      readonly ttl: number
    }
  /** The name does not exist, or has no such record. */
  | {
      readonly type: 'none'
      /** False: the name does not exist (NXDOMAIN). */
      readonly exists: boolean
      /** Seconds that this answer may be cached (RFC 2308 section 5); null without an SOA. */
      readonly ttl: number | null
    }
  /** The name is an alias whose target's records are not in the answer. */
  | {
      readonly type: 'alias'
      readonly name: WireName
      /** Seconds; the minimum of the chain. */
      readonly ttl: number
      /** Number of aliases in the chain, 1 or more. */
      readonly links: number
    }
  /** A chain of aliases that loops, or has more than 16 links. */
  | { readonly type: 'loop' }
  /** A referral to other servers: this one answers only for its own zones. */
  | { readonly type: 'referral' }
  /** The answer does not fit a datagram and must be requested over TCP; nothing of this message was read. */
  | { readonly type: 'truncated' }
  /** Any other response code (RFC 1035 section 4.1.1), with its upper bits (RFC 6891 section 6.1.3). */
  | {
      readonly type: 'failure'
      readonly rcode: number
      /** The response has an OPT record: the server supports EDNS. */
      readonly edns: boolean
    }
  /** A malformed response to the question. */
  | { readonly type: 'malformed' }

/**
 * Size of an OPT record (RFC 6891 section 6.1.2): root name, type, UDP size in the class field, 32 bits of
 * flags, and a length.
 */
const OPT_OCTETS = 11

/**
 * Encodes a query with one question and the RD flag (RFC 1035 section 4.1).
 *
 * @param edns adds an OPT record (RFC 6891), which allows UDP answers of 1232 octets instead of 512
 */
export const encodeQuery = ({ id, name, record }: DnsQuestion, edns: boolean): Uint8Array => {
  const bytes = new Uint8Array(HEADER_OCTETS + name.length + 4 + (edns ? OPT_OCTETS : 0))
  writeWord(bytes, 0, id)
  writeWord(bytes, 2, FLAG.recursionDesired)
  writeWord(bytes, 4, 1)
  writeWord(bytes, 10, edns ? 1 : 0)
  const behind = writeName(bytes, HEADER_OCTETS, name)
  writeWord(bytes, behind, TYPE[record])
  writeWord(bytes, behind + 2, CLASS_IN)
  if (edns) {
    const opt = behind + 4
    // All other fields are zero: root name, no flags (so no DNSSEC), version 0, and no options.
    writeWord(bytes, opt + 1, TYPE.OPT)
    writeWord(bytes, opt + 3, UDP_MAX_OCTETS)
  }
  return bytes
}
