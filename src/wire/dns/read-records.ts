import type { Ip, RecordType } from '../../core/ip.ts'
import { ipFromBytes } from '../../core/ip.ts'
import { ADDRESS_OCTETS, CLASS_IN, TYPE, longWord, word } from './message.ts'
import type { WireName } from './names.ts'
import { readName } from './names.ts'

/** The relevant records of a response. Each kind keeps the order of the message. */
export type RecordsRead = {
  readonly addresses: { readonly owner: WireName; readonly ip: Ip; readonly ttl: number }[]
  /** By owner; of several the first counts (RFC 1034 section 3.6.2 allows only one). */
  readonly aliases: Map<WireName, { readonly target: WireName; readonly ttl: number }>
  /**
   * SOA records of the authority section; `ttl` is how long a negative answer may be cached (RFC 2308
   * section 5).
   */
  readonly authorities: { readonly owner: WireName; readonly ttl: number }[]
  /** The authority section has NS records. */
  hasServers: boolean
  /** The upper eight bits of the response code (RFC 6891 section 6.1.3); null without an OPT record. */
  opt: number | null
}

/** A TTL with its highest bit set counts as 0 (RFC 2181 section 8). */
const readTtl = (bytes: Uint8Array, at: number): number => {
  const ttl = longWord(bytes, at)
  return ttl > 0x7f_ff_ff_ff ? 0 : ttl
}

/**
 * The MINIMUM of an SOA record (RFC 1035 section 3.3.13): two names, then five 32-bit numbers, of which it
 * is the last.
 */
const readMinimum = (bytes: Uint8Array, at: number, end: number): number | undefined => {
  const primary = readName(bytes, at)
  const mailbox = primary && readName(bytes, primary.next)
  return mailbox?.next === end - 20 ? readTtl(bytes, end - 4) : undefined
}

/**
 * Reads the records after the question. Whatever length a record claims, nothing outside the message is
 * read or kept.
 *
 * @param at the offset of the first record
 * @param counts of the answer, authority and additional sections, from the header
 * @returns undefined if the message is malformed: it is truncated, has an invalid name, or the data of an
 *   address, alias or SOA has a wrong length
 */
export const readRecords = (
  bytes: Uint8Array,
  at: number,
  counts: readonly number[],
  wanted: RecordType,
): RecordsRead | undefined => {
  const read: RecordsRead = {
    addresses: [],
    aliases: new Map(),
    authorities: [],
    hasServers: false,
    opt: null,
  }
  let place = at
  for (const [section, count] of counts.entries()) {
    for (let i = 0; i < count; i++) {
      const name = readName(bytes, place)
      if (!name || name.next + 10 > bytes.length) return undefined
      const { name: owner, next: fixed } = name
      const type = word(bytes, fixed)
      const data = fixed + 10
      const length = word(bytes, fixed + 8)
      const end = data + length
      if (end > bytes.length) return undefined
      place = end
      if (type === TYPE.OPT) {
        if (section === 2) read.opt ??= bytes[fixed + 4] ?? 0
        continue
      }
      if (word(bytes, fixed + 2) !== CLASS_IN) continue
      const ttl = readTtl(bytes, fixed + 4)
      if (type === TYPE.A || type === TYPE.AAAA) {
        if (length !== ADDRESS_OCTETS[type === TYPE.A ? 'A' : 'AAAA']) return undefined
        if (section !== 0 || type !== TYPE[wanted]) continue
        read.addresses.push({ owner, ip: ipFromBytes(bytes.subarray(data, end)), ttl })
      } else if (type === TYPE.CNAME) {
        const target = readName(bytes, data)
        if (target?.next !== end) return undefined
        if (section === 0 && !read.aliases.has(owner)) {
          read.aliases.set(owner, { target: target.name, ttl })
        }
      } else if (type === TYPE.SOA) {
        const minimum = readMinimum(bytes, data, end)
        if (minimum === undefined) return undefined
        if (section === 1) read.authorities.push({ owner, ttl: Math.min(ttl, minimum) })
      } else if (type === TYPE.NS && section === 1) {
        read.hasServers = true
      }
    }
  }
  return read
}
