import type { RecordType } from '../../core/family.ts'
import type { Ip } from '../../core/ip.ts'
import { ipFromBytes } from '../../core/ip.ts'
import { ADDRESS_OCTETS, CLASS_IN, TYPE, longWord, word } from './format.ts'
import type { WireName } from './names.ts'
import { readName } from './names.ts'

/** What of a response's records matters here. Each kind is in the order of the message. */
export type RecordsRead = {
  readonly addresses: { readonly owner: WireName; readonly ip: Ip; readonly ttl: number }[]
  /** By owner; of several the first counts (RFC 1034 section 3.6.2 allows one). */
  readonly aliases: Map<WireName, { readonly target: WireName; readonly ttl: number }>
  /** Of the authority section; `ttl` is how long a negative answer may be kept (RFC 2308 section 5). */
  readonly authorities: { readonly owner: WireName; readonly ttl: number }[]
  /** The authority section names servers. */
  hasServers: boolean
  /** RFC 6891: the upper eight bits of the response code; null where there is no OPT record. */
  opt: number | null
}

/** RFC 2181 section 8: a TTL with its highest bit set counts as 0. */
const readTtl = (bytes: Uint8Array, at: number): number => {
  const ttl = longWord(bytes, at)
  return ttl > 0x7f_ff_ff_ff ? 0 : ttl
}

/** RFC 1035 section 3.3.13: two names, then five numbers of 32 bits, the last of which is MINIMUM. */
const readMinimum = (bytes: Uint8Array, at: number, end: number): number | undefined => {
  const primary = readName(bytes, at)
  const mailbox = primary && readName(bytes, primary.next)
  return mailbox?.next === end - 20 ? readTtl(bytes, end - 4) : undefined
}

/**
 * Reads the records behind the question. Whatever a record says of its length, nothing is read or kept
 * that is not in the message.
 *
 * @param at where the first begins
 * @param counts of the answer, authority and additional sections, as the header has them
 * @returns undefined where the message is malformed: it ends early, a name is none, or the data of an
 *   address, alias or SOA has another length than it must have
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
