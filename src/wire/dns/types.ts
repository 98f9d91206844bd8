import type { Ip, RecordType } from '../../core/ip.ts'
import type { WireName } from './names.ts'

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
