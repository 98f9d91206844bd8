import { z } from 'zod'
import { formatCidr, parseCidr } from '../../core/cidr.ts'
import { fail } from '../../core/fail.ts'
import type { HostPort } from '../../core/host-port.ts'
import { parseHostPort } from '../../core/host-port.ts'
import type { Ip } from '../../core/ip.ts'
import { formatIp, parseIp } from '../../core/ip.ts'
import { NAT64_PREFIX_LENGTHS, parseNat64Prefix } from '../../core/nat64-prefix.ts'
import { isSpecial } from '../../core/special-addresses.ts'
import {
  duration,
  durationOrSystem,
  flag,
  list,
  mapping,
  oneOf,
  oneOrMore,
  section,
  text,
  whole,
  wholeOrSystem,
} from '../fields.ts'
import { hasInterface } from '../has-interface.ts'
import { parseName } from '../names.ts'
import { foundAllowed } from '../show-value.ts'

/** The maximum in resolv.conf(5), and the default limit of a whole race. */
const QUERY_TIMEOUT_MAX_MS = 30_000

const SERVER = "a DNS server's address, with :port where it is not 53 ([ipv6]:port)"
const ADDRESS = 'an IPv4 or IPv6 address'
const NAT64 = 'auto, off, or an IPv6 prefix of /32, /40, /48, /56, /64 or /96, such as 64:ff9b::/96'
const DNS_PORT = 53

const notAllowed = (value: string, allowed: string): Error =>
  fail('ERR_INVALID_ADDRESS', foundAllowed(value, allowed), { found: value })

/** A link-local address needs a zone (RFC 4007 section 6), which must be an interface of this host. */
const checkZone = (
  value: string,
  { zone, ...ip }: Ip,
  hasZone: (name: string) => boolean,
): void => {
  if (zone === undefined) {
    if (ip.family === 4 || !isSpecial('link-local', ip)) return
    throw notAllowed(value, `a link-local address with its interface, such as ${formatIp(ip)}%eth0`)
  }
  if (hasZone(zone)) return
  const message = `found ${JSON.stringify(value)}, but this host has no interface ${JSON.stringify(zone)}`
  throw fail('ERR_INVALID_ADDRESS', message, { found: value })
}

/**
 * Reads a DNS server: an IP address with an optional port; IPv6 with a port needs brackets.
 *
 * @param hasZone whether this host has an interface of that name
 * @throws ERR_INVALID_ADDRESS with what was found and what is allowed
 */
export const parseServer = (
  value: string,
  hasZone: (name: string) => boolean = hasInterface,
): HostPort => {
  const alone = parseIp(value)
  const withPort = !alone && /:\d+$/.test(value) ? parseHostPort(value) : undefined
  const ip = alone ?? (withPort && parseIp(withPort.host))
  if (!ip) throw notAllowed(value, SERVER)
  checkZone(value, ip, hasZone)
  return { host: formatIp(ip), port: withPort?.port ?? DNS_PORT }
}

/**
 * Reads the key `nat64`: `auto`, `off`, or a prefix, which is returned in canonical text.
 *
 * @throws ERR_INVALID_ADDRESS with what was found and what is allowed
 */
export const parseNat64 = (value: string): string => {
  if (value === 'auto' || value === 'off') return value
  const prefix = parseNat64Prefix(value)
  if (prefix) return formatCidr(prefix)
  const cidr = parseCidr(value)
  // RFC 6052 section 2.2: only a prefix of this length can have bits 64 to 71 set.
  const isLong = cidr?.ip.family === 6 && cidr.length === NAT64_PREFIX_LENGTHS.at(-1)
  const allowed = isLong ? 'a prefix whose bits 64 to 71 are zero (RFC 6052)' : NAT64
  throw fail('ERR_INVALID_ADDRESS', foundAllowed(value, allowed), { found: value })
}

const address = text(ADDRESS, value => {
  if (!parseIp(value)) throw fail('ERR_INVALID_ADDRESS', foundAllowed(value, ADDRESS))
})

/** A list, or the word `system`, which stands for the system's setting and is the default. */
const listOrSystem = <Item extends z.ZodType>(item: Item, allowed: string, least: 0 | 1) =>
  z
    .union([z.literal('system'), list(item, allowed, least)], {
      error: issue => foundAllowed(issue.input, `system, or a list of ${allowed}`),
    })
    .prefault('system')

/** The section `resolver.cache`. */
export const cacheSchema = section({
  maxEntries: whole(10_000, 1, 10_000_000).describe('Answers kept at most.'),
  minTtl: duration('0s').describe('A shorter time to live counts as this long.'),
  maxTtl: duration('1h').describe('A longer time to live counts as this long.'),
  negativeTtl: duration('5s').describe(
    'The most that "no such name" and "no address" are kept, whatever their zone says.',
  ),
  failureTtl: duration('2s').describe(
    'How long a failed lookup is kept, and "no such name" where no zone says how long.',
  ),
  staleWhileRevalidate: duration('30s').describe(
    'How long after its end an answer is served while a new one is fetched.',
  ),
  staleIfError: duration('1h').describe(
    'How long after its end an answer is served where no new one can be had.',
  ),
})

/** The section `resolver`. Checks of several keys together run separately. */
export const resolverSchema = section({
  mode: oneOf(['dns', 'system'])
    .prefault('dns')
    .describe("dns: eyeballd's own queries. system: getaddrinfo, for mDNS and nsswitch."),
  servers: listOrSystem(
    text(SERVER, value => parseServer(value)),
    'DNS servers',
    1,
  ).describe("DNS servers, address or address:port. Default: the system's. Not in mode system."),
  hosts: mapping(
    text('a name', parseName),
    oneOrMore(address, ADDRESS),
    'a mapping of names to lists of addresses',
  )
    .prefault({})
    .describe('Static answers: names, each with a list of addresses.'),
  search: listOrSystem(text('a domain', parseName), 'domains', 0).describe(
    "Domains that short names are tried in. Default: the system's. Not in mode system.",
  ),
  timeout: durationOrSystem(1, QUERY_TIMEOUT_MAX_MS).describe(
    'Time for one query to one server; above 0, 30s at most. system: as resolv.conf has it, else 2s. ' +
      'In mode system a lookup may take timeout (else 5s) x attempts x servers, 30s at most.',
  ),
  attempts: wholeOrSystem(1, 10).describe(
    'Queries to each server, 1 to 10. system: as resolv.conf has it, else 2.',
  ),
  ipv4: flag(true).describe('Whether IPv4 addresses are looked up and tried.'),
  ipv6: flag(true).describe('Whether IPv6 addresses are looked up and tried.'),
  nat64: text(NAT64, parseNat64)
    .prefault('auto')
    .describe(
      'IPv4 addresses on a host with IPv6 alone. auto: by the prefix of its NAT64 (RFC 7050); off; or a prefix.',
    ),
  policyTable: oneOf(['rfc6724', 'updated', 'linux'])
    .prefault('updated')
    .describe('The policy table by which addresses are ordered (RFC 6724 section 2.1).'),
  cache: cacheSchema.prefault({}).describe('The cache of answers.'),
})

export type ResolverInput = z.output<typeof resolverSchema>
