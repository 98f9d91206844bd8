import { existsSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { NAT64_PREFIX_LENGTHS, formatCidr, parseCidr, parseNat64Prefix } from '../../core/cidr.ts'
import { fail } from '../../core/fail.ts'
import type { HostPort } from '../../core/host-port.ts'
import { formatHostPort, parseHostPort } from '../../core/host-port.ts'
import type { Ip } from '../../core/ip.ts'
import { formatIp, parseIp } from '../../core/ip.ts'
import { isSpecial } from '../../core/special-addresses.ts'
import { listOrSystem, mapping, oneOrMore } from '../collections.ts'
import { duration, durationOr, oneOf, text, trueOrFalse, whole, wholeOr } from '../fields.ts'
import { parseName } from '../names.ts'
import { foundAllowed } from '../problem.ts'
import { key, section } from '../section.ts'

/** Linux lists all interfaces here, also those without an address. */
const SYSFS = '/sys/class/net'

/** Where to look for interfaces. */
type InterfaceSources = {
  readonly exists: (path: string) => boolean
  readonly list: () => object
}

/**
 * Whether this host has an interface of that name, with or without an address.
 *
 * @returns true if this cannot be determined
 */
export const hasInterface = (
  name: string,
  { exists, list }: InterfaceSources = { exists: existsSync, list: networkInterfaces },
): boolean => {
  if (!name.includes('/') && exists(`${SYSFS}/${name}`)) return true
  try {
    return Object.hasOwn(list(), name)
  } catch {
    // For example when no file descriptor is free.
    return true
  }
}

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

const address = text(ADDRESS, written => {
  const ip = parseIp(written)
  if (!ip) throw notAllowed(written, ADDRESS)
  return formatIp(ip)
})

const server = text(SERVER, written => parseServer(written), formatHostPort)

/** The section `resolver.cache`. */
export const CACHE = section({
  maxEntries: key(whole(1, 10_000_000), {
    default: 10_000,
    about: 'Answers kept',
  }),
  minTtl: key(duration(), {
    default: '0s',
    about: 'The minimum TTL of an answer: a shorter one counts as this long',
  }),
  maxTtl: key(duration(), {
    default: '1h',
    about: 'The maximum TTL of an answer: a longer one counts as this long',
  }),
  negativeTtl: key(duration(), {
    default: '5s',
    about: 'The maximum TTL of "no such name" and "no address", whatever their zone says',
  }),
  failureTtl: key(duration(), {
    default: '2s',
    about: 'The TTL of a failed lookup, and of "no such name" if no zone gives one',
  }),
  staleWhileRevalidate: key(duration(), {
    default: '30s',
    about: 'How long an expired answer is served while a new one is fetched',
  }),
  staleIfError: key(duration(), {
    default: '1h',
    about: 'How long an expired answer is served if no server answers',
  }),
})

/** The section `resolver`. */
export const RESOLVER = section({
  mode: key(oneOf(['dns', 'system']), {
    default: 'dns',
    about: "`dns`: eyeballd's own queries; `system`: getaddrinfo, for mDNS and nsswitch",
    page: 'names.md#mode-system',
  }),
  ipv4: key(trueOrFalse(), {
    default: true,
    about: 'Whether IPv4 addresses are looked up and tried; one of the two families must be',
  }),
  ipv6: key(trueOrFalse(), {
    default: true,
    about: 'Whether IPv6 addresses are looked up and tried',
  }),
  policyTable: key(oneOf(['rfc6724', 'updated', 'linux']), {
    default: 'updated',
    about:
      'The policy table by which addresses are ordered (RFC 6724 section 2.1): `rfc6724`, `updated` or `linux`',
  }),
  nat64: key(text(NAT64, parseNat64), {
    default: 'auto',
    about:
      "IPv4 addresses on a host with IPv6 alone: `auto` (the network's prefix, RFC 7050), `off`, or a prefix such as `2001:db8:64::/96`",
    page: 'names.md#nat64',
  }),
  servers: key(listOrSystem(server, 'DNS servers', 1), {
    default: 'system',
    about:
      "DNS servers: `system` (the system's), or in mode `dns` a list of `address` and `address:port`",
    more: 'A link-local address needs its interface, as in `fe80::1%eth0`.',
    example: '[192.0.2.53, "[2001:db8::53]:5353"]',
    flag: {
      name: 'dns',
      value: 'SERVER',
      about: "A DNS server, `address` or `address:port`, in place of the system's; repeatable",
      default: "the system's servers",
    },
  }),
  search: key(listOrSystem(text('a domain', parseName), 'domains', 0), {
    default: 'system',
    about:
      "Domains that short names are tried in: `system` (the system's), or in mode `dns` a list; `[]` is none",
  }),
  timeout: key(durationOr('system', QUERY_TIMEOUT_MAX_MS), {
    default: 'system',
    about: 'Time for one query to one server',
    more: '`system`: as resolv.conf has it, else 2s. In mode `system` a lookup may take timeout (else 5s) x attempts x servers, 30s at most.',
  }),
  attempts: key(wholeOr('system', null, 1, 10), {
    default: 'system',
    about: 'Queries to each server',
    more: '`system`: as resolv.conf has it, else 2.',
  }),
  hosts: key(
    mapping(
      text('a name', parseName),
      oneOrMore(address, ADDRESS),
      'a mapping of names to lists of addresses',
    ),
    {
      default: {},
      about: 'Static answers: names, each with a list of addresses',
      example: '{ db.example.com: [192.0.2.1, 2001:db8::1] }',
    },
  ),
  cache: key(CACHE, { default: {}, about: 'The cache of answers' }),
})
