import type { RecordType } from '../../core/family.ts'
import type { Ip } from '../../core/ip.ts'
import type { WireName } from './names.ts'

/** What is asked: the addresses of one family of one name. */
export type DnsQuestion = {
  /** 16 bits, chosen at random. */
  readonly id: number
  readonly name: WireName
  readonly record: RecordType
}

/** What a message says about a question. */
export type DnsResponse =
  /** It is no answer to this question: another one's, a query, or not even a header. */
  | { readonly type: 'other' }
  /** The addresses at the end of the chain of aliases (CNAME), without repeats, 64 at most. */
  | {
      readonly type: 'addresses'
      readonly addresses: readonly Ip[]
      /** Seconds, the least of the chain and of the addresses. */
      readonly ttl: number
    }
  /** There is no such name, or it has no such record. */
  | {
      readonly type: 'none'
      /** False: the name does not exist (NXDOMAIN). */
      readonly exists: boolean
      /** Seconds that this may be kept (RFC 2308 section 5); null where no SOA says so. */
      readonly ttl: number | null
    }
  /** The name is an alias, and what it leads to is not in the answer. */
  | {
      readonly type: 'alias'
      readonly name: WireName
      /** Seconds, the least of the chain. */
      readonly ttl: number
      /** How many aliases led there, 1 or more. */
      readonly links: number
    }
  /** A chain of aliases that leads in a circle, or has more than 16 links. */
  | { readonly type: 'loop' }
  /** It names other servers in place of an answer: this one answers only for its own zones. */
  | { readonly type: 'referral' }
  /** The whole answer is longer than a datagram, and has to be asked for by TCP; nothing of this one was read. */
  | { readonly type: 'truncated' }
  /** Any other response code (RFC 1035 section 4.1.1), its upper bits (RFC 6891 section 6.1.3) included. */
  | {
      readonly type: 'failure'
      readonly rcode: number
      /** The response has an OPT record: its server knows EDNS. */
      readonly edns: boolean
    }
  /** An answer to the question that breaks the format. */
  | { readonly type: 'malformed' }
