import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { Clock } from '../../core/clock.ts'
import type { Family, Ip } from '../../core/ip.ts'
import { formatIp, ipFromBytes, parseIp, unmapIp } from '../../core/ip.ts'
import { isSpecial } from '../../core/special-addresses.ts'

/** An IPv6 address of this host, from one line of /proc/net/if_inet6. */
type IfInet6 = {
  readonly ip: Ip
  /** The interface's name. */
  readonly name: string
  /** 0 to 128. */
  readonly prefixLength: number
  /**
   * The preferred lifetime has ended (RFC 4862 section 5.5.4): new connections should not use the address.
   */
  readonly deprecated: boolean
}

/** IFA_F_DEPRECATED of Linux's include/uapi/linux/if_addr.h. */
const FLAG_DEPRECATED = 0x20

/**
 * Parses /proc/net/if_inet6 of Linux. A line holds the address in 32 hexadecimal digits, interface index,
 * prefix length, scope and flags in hexadecimal, and the interface's name. Lines of another form are
 * skipped.
 */
export const parseIfInet6 = (text: string): readonly IfInet6[] => {
  const found: IfInet6[] = []
  for (const line of text.split('\n')) {
    const match =
      /^([0-9a-f]{32}) +[0-9a-f]+ +([0-9a-f]{1,2}) +[0-9a-f]+ +([0-9a-f]{1,8}) +(\S+) *$/i.exec(
        line,
      )
    if (!match) continue
    const [, digits = '', length = '', flags = '', name = ''] = match
    const prefixLength = Number.parseInt(length, 16)
    if (prefixLength > 128) continue
    found.push({
      ip: ipFromBytes(
        Uint8Array.from(digits.match(/../g) ?? [], pair => Number.parseInt(pair, 16)),
      ),
      name,
      prefixLength,
      deprecated: (Number.parseInt(flags, 16) & FLAG_DEPRECATED) !== 0,
    })
  }
  return found
}

/** An address of this host. */
export type OwnAddress = {
  /** Canonical text without a zone. */
  readonly address: string
  readonly family: Family
  readonly prefixLength: number
  /** Known on Linux, false elsewhere. */
  readonly deprecated: boolean
  /** The interface is up and has a link. Without one the address still belongs to this host. */
  readonly running: boolean
}

/** A snapshot of this host's interfaces. */
export type Interfaces = {
  /** By address text without zone. An address of several interfaces is listed once. */
  readonly addresses: ReadonlyMap<string, OwnAddress>
  /** The names of the interfaces with an address, which are the valid zones. */
  readonly names: ReadonlySet<string>
  /** Changes when the addresses have changed: what was learnt under another number is void. */
  readonly epoch: number
}

/**
 * How long a reading is cached, in milliseconds. A reading costs some 0.1 ms, too much for every
 * connection.
 */
const READING_MAX_AGE_MS = 1000

/** /proc/net/if_inet6 lists what node:os omits: deprecated addresses, and interfaces without a link. */
const readIfInet6 = (): string => {
  try {
    return readFileSync('/proc/net/if_inet6', 'latin1')
  } catch {
    // Another system than Linux, or no IPv6.
    return ''
  }
}

type Reading = Pick<Interfaces, 'addresses' | 'names'>

/**
 * Listing interfaces needs a socket for a moment; if it fails (EMFILE), the previous reading is the best
 * guess.
 */
const listOrNull = (list: typeof networkInterfaces) => {
  try {
    return list()
  } catch {
    return null
  }
}

const readAddresses = (
  before: Reading | undefined,
  list: typeof networkInterfaces,
  ifInet6: () => string,
): Reading => {
  const listed = listOrNull(list)
  if (!listed && before) return before
  const addresses = new Map<string, OwnAddress>()
  const names = new Set<string>()
  for (const [name, entries = []] of Object.entries(listed ?? {})) {
    for (const { address: text, cidr } of entries) {
      const ip = parseIp(text.split('%')[0] ?? '')
      if (!ip) continue
      names.add(name)
      const address = formatIp(ip)
      // A netmask with holes has no prefix length; only the address itself is certain then.
      const prefixLength = cidr === null ? ip.bytes.length * 8 : Number(cidr.split('/')[1])
      const own = { address, family: ip.family, prefixLength, deprecated: false, running: true }
      addresses.set(address, own)
    }
  }
  for (const { ip, name, prefixLength, deprecated } of parseIfInet6(ifInet6())) {
    names.add(name)
    const address = formatIp(ip)
    const running = addresses.get(address)?.running ?? false
    addresses.set(address, { address, family: 6, prefixLength, deprecated, running })
  }
  return { addresses, names }
}

/**
 * Creates a function that returns this host's interfaces. It is cheap enough for every connection: the
 * result is at most a second old.
 */
export const createInterfaces = ({
  clock,
  list = networkInterfaces,
  ifInet6 = readIfInet6,
}: {
  readonly clock: Pick<Clock, 'now'>
  readonly list?: typeof networkInterfaces
  readonly ifInet6?: () => string
}): (() => Interfaces) => {
  let current: Interfaces | undefined
  let fingerprint = ''
  let readAt = 0
  return () => {
    if (current && clock.now() - readAt < READING_MAX_AGE_MS) return current
    readAt = clock.now()
    const { addresses, names } = readAddresses(current, list, ifInet6)
    const found = JSON.stringify([[...addresses.values()], [...names]])
    if (!current || found !== fingerprint) {
      fingerprint = found
      current = { addresses, names, epoch: (current?.epoch ?? 0) + 1 }
    }
    return current
  }
}

/** The zone of an address (RFC 4007 section 11), which is the name of an interface, or undefined. */
export const zoneOf = (address: string): string | undefined => {
  const at = address.indexOf('%')
  return at < 0 ? undefined : address.slice(at + 1)
}

/**
 * Whether an address has a zone that this host does not have. Some systems ignore an unknown zone and
 * choose an interface themselves.
 *
 * @param hasInterface whether this host has an interface of that name
 */
export const isZoneMissing = (
  address: string,
  hasInterface: (name: string) => boolean,
): boolean => {
  const zone = zoneOf(address)
  return zone !== undefined && !hasInterface(zone)
}

/** The system treats the unspecified addresses as loopback. */
const isUnspecified = ({ bytes }: Ip): boolean => bytes.every(byte => byte === 0)

/**
 * Whether a connection to an address would end on this host; the daemon must not connect to itself. An
 * IPv4-mapped address counts as its IPv4 address; the zone is ignored.
 *
 * @param address canonical or not; text that is no IP address is not local
 */
type IsLocalAddress = (address: string) => boolean

export const createLocalAddresses =
  (interfaces: () => Interfaces): IsLocalAddress =>
  address => {
    const parsed = parseIp(address)
    if (!parsed) return false
    const { family, bytes } = unmapIp(parsed)
    const ip = { family, bytes }
    if (isSpecial('loopback', ip) || isUnspecified(ip)) return true
    return interfaces().addresses.has(formatIp(ip))
  }
