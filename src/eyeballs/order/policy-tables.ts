import type { Cidr } from '../../core/cidr.ts'
import { cidrContains, parseCidr } from '../../core/cidr.ts'
import { fail } from '../../core/fail.ts'
import type { Ip } from '../../core/ip.ts'

/**
 * The policy tables. `rfc6724`: RFC 6724 section 2.1. `updated`: its revision,
 * draft-ietf-6man-rfc6724-update-25. `linux`: the table built into glibc.
 */
export const POLICY_TABLES = ['rfc6724', 'updated', 'linux'] as const

export type PolicyTableName = (typeof POLICY_TABLES)[number]

/** The row of one address: rule 6 prefers the higher precedence, rule 5 equal labels. */
export type Policy = { readonly precedence: number; readonly label: number }

type Row = readonly [prefix: string, precedence: number, label: number]

/** The prefix that represents all of IPv4 (RFC 6724 section 3.2). */
const IPV4_PREFIX = '::ffff:0:0/96'

const ROWS: Readonly<Record<PolicyTableName, readonly Row[]>> = {
  rfc6724: [
    ['::1/128', 50, 0], // loopback
    ['::/0', 40, 1], // all of IPv6 without a row of its own
    [IPV4_PREFIX, 35, 4], // IPv4
    ['fc00::/7', 3, 13], // unique local addresses
    ['2002::/16', 30, 2], // 6to4
    ['2001::/32', 5, 5], // Teredo
    ['::/96', 1, 3], // IPv4-compatible, deprecated
    ['fec0::/10', 1, 11], // site-local, deprecated
    ['3ffe::/16', 1, 12], // the former 6bone
  ],
  updated: [
    ['::1/128', 50, 0], // loopback
    ['::/0', 40, 1], // all of IPv6 without a row of its own
    [IPV4_PREFIX, 20, 4], // IPv4: now below unique local addresses
    ['fc00::/7', 30, 13], // unique local addresses: above IPv4 if the source is one too
    ['2002::/16', 5, 2], // 6to4: now above the deprecated prefixes only
    ['2001::/32', 5, 5], // Teredo
    ['::/96', 1, 3], // IPv4-compatible, deprecated
    ['fec0::/10', 1, 11], // site-local, deprecated
    ['3ffe::/16', 1, 12], // the former 6bone
  ],
  linux: [
    ['::1/128', 50, 0], // loopback
    ['::/0', 40, 1], // all of IPv6 without a row of its own
    [IPV4_PREFIX, 10, 4], // IPv4
    ['fc00::/7', 40, 6], // unique local addresses: as any IPv6, but with a label of their own
    ['2002::/16', 30, 2], // 6to4
    ['2001::/32', 40, 7], // Teredo: as any IPv6, but with a label of its own
    ['::/96', 20, 3], // IPv4-compatible, deprecated
    ['fec0::/10', 40, 5], // site-local: as any IPv6, but with a label of its own
  ],
}

/**
 * The row that the revision adds for every /48 of unique local addresses that the host belongs to
 * ("known-local"): above all other addresses, below loopback.
 */
export const KNOWN_LOCAL: Policy & { readonly prefixLength: number } = {
  precedence: 45,
  label: 14,
  prefixLength: 48,
}

const readPrefix = (text: string): Cidr => {
  const prefix = parseCidr(text)
  if (!prefix) throw fail('ERR_BUG', `"${text}" is not a prefix`)
  return prefix
}

const UNIQUE_LOCAL_ASSIGNED = readPrefix('fd00::/8')

/** Sorted by prefix length, longest first, so that the first row that contains an address is its row. */
const readTable = (rows: readonly Row[]) => {
  const ipv6 = rows
    .map(([prefix, precedence, label]) => ({ prefix: readPrefix(prefix), precedence, label }))
    .toSorted((a, b) => b.prefix.length - a.prefix.length)
  const ipv4 = rows.find(([prefix]) => prefix === IPV4_PREFIX)
  return { ipv6, ipv4: { precedence: ipv4?.[1] ?? 0, label: ipv4?.[2] ?? 0 } }
}

const TABLES = {
  rfc6724: readTable(ROWS.rfc6724),
  updated: readTable(ROWS.updated),
  linux: readTable(ROWS.linux),
}

/**
 * Whether an address of this host makes its /48 known-local: by the revision, every unique local address of
 * an interface with the L bit set (fd00::/8) does.
 */
export const makesKnownLocal = (ip: Ip): boolean => cidrContains(UNIQUE_LOCAL_ASSIGNED, ip)

/** The row of all IPv4 addresses. */
export const ipv4Policy = (tableName: PolicyTableName): Policy => TABLES[tableName].ipv4

/**
 * Precedence and label of an address, from the row with the longest prefix that contains it.
 *
 * @param ip an address; IPv4, also if IPv4-mapped, uses the row ::ffff:0:0/96
 * @param knownLocal addresses of this host for which `makesKnownLocal` is true; only `updated` uses them
 */
export const lookupPolicy = (
  tableName: PolicyTableName,
  ip: Ip,
  knownLocal: readonly Ip[] = [],
): Policy => {
  const table = TABLES[tableName]
  if (ip.family === 4) return table.ipv4
  if (tableName === 'updated') {
    for (const own of knownLocal) {
      if (cidrContains({ ip: own, length: KNOWN_LOCAL.prefixLength }, ip)) return KNOWN_LOCAL
    }
  }
  // `::/0` contains every IPv6 address, so a row is always found.
  return table.ipv6.find(row => cidrContains(row.prefix, ip)) ?? table.ipv4
}
