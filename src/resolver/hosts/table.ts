import type { RecordType } from '../../core/family.ts'
import { ADDRESSES_MAX } from '../addresses.ts'
import type { Answer } from '../types.ts'

/** The addresses of a name, canonical text, in their order. */
export type HostsEntry = { readonly A: readonly string[]; readonly AAAA: readonly string[] }

/** Names, in lower case and without a final dot, and the addresses that they were given by hand. */
export type HostsTable = {
  readonly get: (name: string) => HostsEntry | undefined
  /** How many names it holds. */
  readonly size: () => number
}

export type HostsDraft = HostsTable & {
  /** Holds a name, with no address yet where it is new. */
  readonly addName: (name: string) => void
  /** One more address of a name; one that it has, and more than 64 of a family, are dropped. */
  readonly add: (name: string, address: string, record: RecordType) => void
}

const EMPTY: HostsEntry = { A: [], AAAA: [] }

/**
 * A map that grows is copied as a whole each time that it has doubled: several small ones each in a few
 * milliseconds, where one of a million names takes a tenth of a second.
 */
const SHARDS = 32

/** How many sets of addresses are shared between names; each of a list of blocked names has the same one. */
const SHARED_MAX = 1024

const shardOf = (name: string): number => {
  const { length } = name
  const sum = name.charCodeAt(0) * 31 + name.charCodeAt(length >> 1) * 7 + length
  return sum % SHARDS
}

/** A table that names and addresses are put into. */
export const createHostsTable = (): HostsDraft => {
  const shards = Array.from({ length: SHARDS }, () => new Map<string, HostsEntry>())
  /** What an entry becomes by one more address. */
  const shared = new Map<HostsEntry, Map<string, HostsEntry>>()
  let sharing = 0
  let size = 0

  const shardFor = (name: string): Map<string, HostsEntry> =>
    // The remainder is always one of them.
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

/** A table of no names. */
export const NO_HOSTS: HostsTable = createHostsTable()

/**
 * What a table says of a name. A name that it holds in one family has no address in the other: files
 * come before DNS, and the addresses of two sources are not mixed.
 *
 * @returns undefined for a name that it does not hold
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
