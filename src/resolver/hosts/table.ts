import { fail } from '../../core/fail.ts'
import type { RecordType } from '../../core/ip.ts'
import { formatIp, parseIp, unmapIp } from '../../core/ip.ts'
import { ADDRESSES_MAX } from '../../wire/dns/parse-response.ts'
import { quote } from '../../core/quote.ts'
import { classifyHost } from '../literal.ts'
import type { Answer } from '../types.ts'

/** The addresses of a name, as canonical text in their order. */
export type HostsEntry = { readonly A: readonly string[]; readonly AAAA: readonly string[] }

/** Addresses by name, in lower case and without a final dot, from a hosts file or the configuration. */
export type HostsTable = {
  readonly get: (name: string) => HostsEntry | undefined
  /** Number of names. */
  readonly size: () => number
}

export type HostsDraft = HostsTable & {
  /** Adds a name; a new one has no address yet. */
  readonly addName: (name: string) => void
  /** Adds an address to a name. Duplicates, and more than 64 addresses per family, are dropped. */
  readonly add: (name: string, address: string, record: RecordType) => void
}

const EMPTY: HostsEntry = { A: [], AAAA: [] }

/**
 * Number of maps. A growing map copies all its entries each time that it doubles: a few milliseconds for
 * each small map, but 100 ms for one map with a million names.
 */
const SHARDS = 32

/** Maximum number of address sets that names share; all names of a blocklist have the same set. */
const SHARED_MAX = 1024

const shardOf = (name: string): number => {
  const { length } = name
  const sum = name.charCodeAt(0) * 31 + name.charCodeAt(length >> 1) * 7 + length
  return sum % SHARDS
}

/** Creates an empty table that names and addresses can be added to. */
export const createHostsTable = (): HostsDraft => {
  const shards = Array.from({ length: SHARDS }, () => new Map<string, HostsEntry>())
  /** The entry that results from adding an address to an entry. */
  const shared = new Map<HostsEntry, Map<string, HostsEntry>>()
  let sharing = 0
  let size = 0

  const shardFor = (name: string): Map<string, HostsEntry> =>
    // `shardOf` is always a valid index, so the new map is never used.
    shards[shardOf(name)] ?? new Map<string, HostsEntry>()

  const extended = (entry: HostsEntry, address: string, record: RecordType): HostsEntry => {
    const list = entry[record]
    if (list.length >= ADDRESSES_MAX || list.includes(address)) return entry
    const known = shared.get(entry)?.get(address)
    if (known) return known
    const more = { ...entry, [record]: [...list, address] }
    if (sharing >= SHARED_MAX) return more
    sharing++
    const branches = shared.get(entry) ?? new Map<string, HostsEntry>()
    shared.set(entry, branches.set(address, more))
    return more
  }

  return {
    get: name => (name === '' ? undefined : shardFor(name).get(name)),
    size: () => size,
    addName: name => {
      const shard = shardFor(name)
      if (shard.has(name)) return
      shard.set(name, EMPTY)
      size++
    },
    add: (name, address, record) => {
      const shard = shardFor(name)
      const entry = shard.get(name)
      if (!entry) size++
      const next = extended(entry ?? EMPTY, address, record)
      if (next !== entry) shard.set(name, next)
    },
  }
}

/** An empty table. */
export const NO_HOSTS: HostsTable = createHostsTable()

/**
 * Returns the table's answer for a name. A name with addresses of one family only has no address of the
 * other: files come before DNS, and addresses of two sources are not mixed.
 *
 * @returns undefined if the table does not contain the name
 */
export const hostsAnswer = (
  table: HostsTable,
  name: string,
  record: RecordType,
): Answer | undefined => {
  const addresses = table.get(name)?.[record]
  if (!addresses) return undefined
  return addresses.length > 0
    ? { ok: true, addresses, ttl: null, source: 'hosts' }
    : { ok: false, code: 'ENODATA', source: 'hosts' }
}

/**
 * Creates the table of the names in a configuration. A name with an empty list has no address.
 *
 * @throws ERR_INVALID_NAME or ERR_INVALID_ADDRESS with what was found and what is allowed
 */
export const hostsFromConfig = (hosts: Readonly<Record<string, readonly string[]>>): HostsTable => {
  const table = createHostsTable()
  for (const [text, addresses] of Object.entries(hosts)) {
    const host = classifyHost(text)
    if (host.kind !== 'name') {
      const problem = host.kind === 'invalid' ? host.message : `"${text}" is an address, not a name`
      throw fail('ERR_INVALID_NAME', `hosts: ${problem}`, { found: text })
    }
    table.addName(host.name)
    for (const address of addresses) {
      const parsed = parseIp(address)
      if (!parsed) {
        throw fail(
          'ERR_INVALID_ADDRESS',
          `hosts: ${quote(address)} of ${host.name} is not an IPv4 or IPv6 address`,
          { found: address },
        )
      }
      const ip = unmapIp(parsed)
      table.add(host.name, formatIp(ip), ip.family === 6 ? 'AAAA' : 'A')
    }
  }
  return table
}

const LOCALHOST: Readonly<Record<RecordType, Answer>> = {
  A: { ok: true, addresses: ['127.0.0.1'], ttl: null, source: 'hosts' },
  AAAA: { ok: true, addresses: ['::1'], ttl: null, source: 'hosts' },
}

/**
 * `localhost` and every name below it have both loopback addresses, whatever a hosts file or a DNS server
 * contains. No query for them leaves the host (RFC 6761 section 6.3).
 *
 * @param name lower case, without a final dot
 * @returns undefined for every other name
 */
export const localhostAnswer = (name: string, record: RecordType): Answer | undefined =>
  name === 'localhost' || name.endsWith('.localhost') ? LOCALHOST[record] : undefined
