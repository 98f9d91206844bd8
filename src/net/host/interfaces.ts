import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { Clock } from '../../core/clock.ts'
import type { Family } from '../../core/ip.ts'
import { formatIp, parseIp } from '../../core/ip.ts'
import { parseIfInet6 } from './if-inet6.ts'

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
