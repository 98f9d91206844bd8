import type { DnsQuestion, DnsResponse } from './message.ts'
import { CLASS_IN, FLAG, HEADER_OCTETS, RCODE, TYPE, word } from './message.ts'
import type { WireName } from './names.ts'
import { isWithin, readName } from './names.ts'
import type { RecordsRead } from './read-records.ts'
import { readRecords } from './read-records.ts'

/**
 * Maximum number of addresses of one answer. Each could cost an attempt, and a cache of answers of 64 KiB
 * each would fill the memory, so further ones are dropped.
 */
export const ADDRESSES_MAX = 64

/** The longest chain of aliases that is followed. */
export const ALIASES_MAX = 16

const OTHER: DnsResponse = { type: 'other' }
const MALFORMED: DnsResponse = { type: 'malformed' }
const NEVER = Number.POSITIVE_INFINITY

/**
 * The offset after the question, if the message has exactly this question; names are compared without case.
 */
const endOfQuestion = (bytes: Uint8Array, { name, record }: DnsQuestion): number | undefined => {
  const found = word(bytes, 4) === 1 ? readName(bytes, HEADER_OCTETS) : undefined
  if (found?.name !== name || found.next + 4 > bytes.length) return undefined
  const isSame =
    word(bytes, found.next) === TYPE[record] && word(bytes, found.next + 2) === CLASS_IN
  return isSame ? found.next + 4 : undefined
}

/** Response codes that some servers send in a header alone. */
const BARE: ReadonlySet<number> = new Set([RCODE.formatError, RCODE.notImplemented, RCODE.refused])

/**
 * Whether a response without a question is a refusal: old servers send one for a query with an OPT record,
 * and unbound for a client that it refuses. Such a message carries nothing else.
 */
const isBareRefusal = (bytes: Uint8Array): boolean =>
  BARE.has(word(bytes, 2) & FLAG.rcode) && word(bytes, 4) === 0 && word(bytes, 6) === 0

type Chain = { readonly end: WireName; readonly ttl: number; readonly links: number }

/** Follows the aliases of a name; undefined if the chain is longer than `ALIASES_MAX`. */
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

/**
 * The SOA of a zone that contains the name (RFC 2308 section 5), but at most the TTL of the aliases before
 * it.
 */
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
 * Parses a message as the response to a question. Bytes after its last record are ignored.
 *
 * It must be a response (QR) to a standard query with this id and this question; any other message is
 * `other`, however well-formed. Aliases are followed inside the answer, and records of other owners are
 * ignored.
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
