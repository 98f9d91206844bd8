import { CLASS_IN, FLAG, HEADER_OCTETS, RCODE, TYPE, word } from './format.ts'
import type { WireName } from './names.ts'
import { isWithin, readName } from './names.ts'
import type { RecordsRead } from './read-records.ts'
import { readRecords } from './read-records.ts'
import type { DnsQuestion, DnsResponse } from './types.ts'

/** More addresses of one answer are dropped: a cache of answers of 64 KiB each would fill the memory. */
export const ADDRESSES_MAX = 64

/** A chain of more aliases than this has no end that is worth the wait. */
export const ALIASES_MAX = 16

const OTHER: DnsResponse = { type: 'other' }
const MALFORMED: DnsResponse = { type: 'malformed' }
const NEVER = Number.POSITIVE_INFINITY

/** Where the question ends, if the message has this one and no other; compared without case. */
const endOfQuestion = (bytes: Uint8Array, { name, record }: DnsQuestion): number | undefined => {
  const found = word(bytes, 4) === 1 ? readName(bytes, HEADER_OCTETS) : undefined
  if (found?.name !== name || found.next + 4 > bytes.length) return undefined
  const isSame =
    word(bytes, found.next) === TYPE[record] && word(bytes, found.next + 2) === CLASS_IN
  return isSame ? found.next + 4 : undefined
}

/** Refusals that some servers send as a header alone. */
const BARE: ReadonlySet<number> = new Set([RCODE.formatError, RCODE.notImplemented, RCODE.refused])

/**
 * Old servers leave the question out where they refuse a query for its OPT record, unbound where it
 * refuses a client. There is nothing in such a message to believe but that.
 */
const isBareRefusal = (bytes: Uint8Array): boolean =>
  BARE.has(word(bytes, 2) & FLAG.rcode) && word(bytes, 4) === 0 && word(bytes, 6) === 0

type Chain = { readonly end: WireName; readonly ttl: number; readonly links: number }

/** Follows the aliases of a name; undefined for a chain that has no end. */
const follow = (name: WireName, { aliases, addresses }: RecordsRead): Chain | undefined => {
  let end = name
  let ttl = NEVER
  for (let links = 0; links <= ALIASES_MAX; links++) {
    const alias = aliases.get(end)
    if (!alias || addresses.some(({ owner }) => owner === end)) return { end, ttl, links }
    ttl = Math.min(ttl, alias.ttl)
    end = alias.target
  }
  return undefined
}

/** RFC 2308 section 5: the SOA of a zone that the name is in, and no longer than the aliases that led there. */
const negativeTtl = ({ authorities }: RecordsRead, { end, ttl }: Chain): number | null => {
  const soa = authorities.find(({ owner }) => isWithin(end, owner))
  return soa ? Math.min(soa.ttl, ttl) : null
}

const concludeFrom = (read: RecordsRead, { name }: DnsQuestion, flags: number): DnsResponse => {
  const rcode = (read.opt ?? 0) * 16 + (flags & FLAG.rcode)
  if (rcode !== RCODE.noError && rcode !== RCODE.nameError) {
    return { type: 'failure', rcode, edns: read.opt !== null }
  }
  const chain = follow(name, read)
  if (!chain) return { type: 'loop' }
  const none = (exists: boolean): DnsResponse => ({
    type: 'none',
    exists,
    ttl: negativeTtl(read, chain),
  })
  if (rcode === RCODE.nameError) return none(false)
  const found = read.addresses.filter(({ owner }) => owner === chain.end)
  if (found.length > 0) {
    const addresses = new Map(found.map(({ ip }) => [String(ip.bytes), ip]))
    return {
      type: 'addresses',
      addresses: [...addresses.values()].slice(0, ADDRESSES_MAX),
      ttl: found.reduce((least, { ttl }) => Math.min(least, ttl), chain.ttl),
    }
  }
  if (read.authorities.length > 0) return none(true)
  if (chain.links > 0) return { type: 'alias', name: chain.end, ttl: chain.ttl, links: chain.links }
  const recursive = (flags & FLAG.recursionAvailable) !== 0
  return read.hasServers && !recursive ? { type: 'referral' } : none(true)
}

/**
 * Reads a message as the answer to a question. Bytes behind its last record are ignored.
 *
 * It counts only where it is a response (QR) to a standard query with this id and this question; all
 * else is `other`, however well-formed it is. Aliases are followed inside the answer, and records of
 * other owners than those are ignored.
 */
export const parseResponse = (bytes: Uint8Array, question: DnsQuestion): DnsResponse => {
  if (bytes.length < HEADER_OCTETS || word(bytes, 0) !== question.id) return OTHER
  const flags = word(bytes, 2)
  if ((flags & FLAG.response) === 0 || (flags & FLAG.opcode) !== 0) return OTHER
  const at = endOfQuestion(bytes, question)
  if (at === undefined) {
    if (!isBareRefusal(bytes)) return OTHER
    return { type: 'failure', rcode: flags & FLAG.rcode, edns: false }
  }
  if ((flags & FLAG.truncated) !== 0) return { type: 'truncated' }
  const counts = [word(bytes, 6), word(bytes, 8), word(bytes, 10)]
  const read = readRecords(bytes, at, counts, question.record)
  return read ? concludeFrom(read, question, flags) : MALFORMED
}
