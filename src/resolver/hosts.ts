import { fail } from '../core/fail.ts'
import type { RecordType } from '../core/family.ts'
import { formatIp, parseIp, unmapIp } from '../core/ip.ts'
import type { Ip } from '../core/ip.ts'
import { classifyHost } from './literal.ts'
import type { Answer } from './types.ts'

type Entry = { readonly A: readonly string[]; readonly AAAA: readonly string[] }

/** Names, in lower case and without a final dot, and the addresses that they were given by hand. */
export type HostsTable = ReadonlyMap<string, Entry>

/** The longest text that is read; a longer file is cut there. Lists of blocked names fit. */
export const HOSTS_MAX_BYTES = 8 * 1024 * 1024

/** More addresses of one name and family are dropped: each could cost a connection attempt. */
const ADDRESSES_MAX = 64

type Draft = { A: string[]; AAAA: string[] }

const add = (table: Map<string, Draft>, name: string, address: string, record: RecordType) => {
  let entry = table.get(name)
  if (!entry) table.set(name, (entry = { A: [], AAAA: [] }))
  const list = entry[record]
  if (list.length < ADDRESSES_MAX && !list.includes(address)) list.push(address)
}

/**
 * Reads the text of /etc/hosts (hosts(5)): an address and its names on a line, `#` begins a comment.
 * Lines and names that make no sense are left out, as the C library does. The addresses of a name
 * that stands on several lines are taken together, in their order.
 */
export const parseHosts = (text: string): HostsTable => {
  const table = new Map<string, Draft>()
  // Lists of blocked names repeat one address for a hundred thousand lines.
  let known: { readonly text: string; readonly ip: Ip | undefined } | undefined
  for (const line of text.slice(0, HOSTS_MAX_BYTES).split('\n')) {
    const comment = line.indexOf('#')
    const [address = '', ...names] = (comment < 0 ? line : line.slice(0, comment))
      .trim()
      .split(/[ \t\r\v\f]+/)
    if (names.length === 0) continue
    if (known?.text !== address) known = { text: address, ip: parseIp(address) }
    if (!known.ip) continue
    const ip = unmapIp(known.ip)
    const canonical = formatIp(ip)
    for (const each of names) {
      const host = classifyHost(each)
      if (host.kind === 'name') add(table, host.name, canonical, ip.family === 6 ? 'AAAA' : 'A')
    }
  }
  return table
}

/**
 * The table of the names in a configuration. A name with an empty list has no address at all.
 *
 * @throws ERR_INVALID_NAME or ERR_INVALID_ADDRESS with what was found and what is allowed
 */
export const hostsFromConfig = (hosts: Readonly<Record<string, readonly string[]>>): HostsTable => {
  const table = new Map<string, Draft>()
  for (const [text, addresses] of Object.entries(hosts)) {
    const host = classifyHost(text)
    if (host.kind !== 'name') {
      const problem = host.kind === 'invalid' ? host.message : `"${text}" is an address, not a name`
      throw fail('ERR_INVALID_NAME', `hosts: ${problem}`, { found: text })
    }
    if (!table.has(host.name)) table.set(host.name, { A: [], AAAA: [] })
    for (const address of addresses) {
      const parsed = parseIp(address)
      if (!parsed) {
        throw fail(
          'ERR_INVALID_ADDRESS',
          `hosts: "${address}" of ${host.name} is not an IPv4 or IPv6 address`,
          { found: address },
        )
      }
      const ip = unmapIp(parsed)
      add(table, host.name, formatIp(ip), ip.family === 6 ? 'AAAA' : 'A')
    }
  }
  return table
}

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
