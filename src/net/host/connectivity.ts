import type { Clock } from '../../core/clock.ts'
import type { EgressPath } from '../../core/egress.ts'
import { PLAIN_EGRESS, bindOf, usesFamily } from '../../core/egress.ts'
import type { Family } from '../../core/ip.ts'
import { parseIp } from '../../core/ip.ts'
import { isSpecial } from '../../core/special-addresses.ts'
import type { Connectivity, Network } from '../network.ts'
import type { Interfaces, OwnAddress } from './interfaces.ts'

/** Whether an address (null: none) is usable beyond this host and its links. */
export const reachesFar = (address: string | null): boolean => {
  const ip = address === null ? undefined : parseIp(address)
  return ip !== undefined && !isSpecial('loopback', ip) && !isSpecial('link-local', ip)
}

/** How long a result is cached, in milliseconds. */
const ANSWER_MAX_AGE_MS = 5000

/**
 * Destinations that only a default route leads to: the anycast addresses of the Port Control Protocol (RFC
 * 7723). They are global, and in nobody's own network, as documentation addresses may be in a laboratory.
 * No packet is sent to them.
 */
const FAR_AWAY: Readonly<Record<Family, string>> = { 4: '192.0.0.9', 6: '2001:1::1' }

/**
 * Returns the families that this host has connectivity by, and the preferred one
 * (draft-ietf-happy-happyeyeballs-v3 sections 4.1 and 4.2). It caches a result for 5 s, or until this
 * host's addresses change. It never rejects.
 *
 * @param path by default plain. A family that it does not use has no connectivity. A source address that
 *   only bind(2) can use counts too. On an interface without a default route, such as a tunnel to some
 *   networks, the addresses of the host decide: RFC 6724 rule 1 puts last what the interface does not reach
 */
export const createConnectivity = ({
  clock,
  interfaces,
  source,
  path = PLAIN_EGRESS,
}: {
  readonly clock: Pick<Clock, 'now'>
  readonly interfaces: () => Interfaces
  readonly source: Network<never>['source']
  readonly path?: EgressPath
}): Network<never>['connectivity'] => {
  let known: Connectivity | undefined
  let knownAt = 0
  let knownEpoch = 0

  const look = async ({ addresses, epoch }: Interfaces): Promise<Connectivity> => {
    const hasOwn = (family: Family): boolean => {
      for (const own of addresses.values()) {
        if (own.family === family && own.running && reachesFar(own.address)) return true
      }
      return false
    }
    const [source4, source6] = await Promise.all([source(FAR_AWAY[4]), source(FAR_AWAY[6])])
    const sources = { 4: source4, 6: source6 }
    const has = (family: Family): boolean => {
      if (!usesFamily(path, family)) return false
      const bySource = path.interface !== null || bindOf(path, family) !== null
      const reaches = bySource && reachesFar(sources[family].address)
      return reaches || hasOwn(family)
    }
    // draft-ietf-happy-happyeyeballs-v3 section 4.2: IPv6, unless only IPv4 has a default route.
    const only4 = reachesFar(source4.address) && !reachesFar(source6.address)
    const [ipv4, ipv6] = [has(4), has(6)]
    const neither = !ipv4 && !ipv6
    known = {
      ipv4: ipv4 || (neither && usesFamily(path, 4)),
      ipv6: ipv6 || (neither && usesFamily(path, 6)),
      preferredFamily: only4 ? 4 : 6,
    }
    knownAt = clock.now()
    knownEpoch = epoch
    return known
  }

  return () => {
    const now = interfaces()
    const fresh = now.epoch === knownEpoch && clock.now() - knownAt < ANSWER_MAX_AGE_MS
    return known && fresh ? known : look(now)
  }
}

/**
 * This host's unique local addresses: those in fd00::/8 (RFC 4193 section 3.1, the half of fc00::/7 in use)
 * of interfaces that are up. Computed once per epoch.
 */
export const createKnownLocal = ({
  interfaces,
}: {
  readonly interfaces: () => Interfaces
}): Network<never>['knownLocal'] => {
  let epoch: number | undefined
  let known: readonly string[] = []
  return () => {
    const current = interfaces()
    if (current.epoch === epoch) return known
    epoch = current.epoch
    known = [...current.addresses.values()]
      .filter(({ address, running }) => running && /^fd[0-9a-f]{2}:/.test(address))
      .map(({ address }) => address)
    return known
  }
}

/** An IPv4 address, or the /64 of an IPv6 address, in which temporary addresses change (RFC 8981). */
const placeOf = ({ address, family }: OwnAddress): string =>
  family === 4 ? address : String(parseIp(address)?.bytes.subarray(0, 8))

/**
 * A number that changes when this host has moved to another network: when the addresses by which it reaches
 * others have changed. Other links that come up and go down (containers, tunnels without an address) do not
 * count, nor does a new temporary IPv6 address that replaces another one.
 */
export const createEpoch = ({
  interfaces,
}: {
  readonly interfaces: () => Interfaces
}): Network<never>['epoch'] => {
  let seen: Interfaces | undefined
  let places = ''
  let epoch = 0
  return () => {
    const now = interfaces()
    if (now === seen) return epoch
    seen = now
    const found = [...now.addresses.values()]
      .filter(({ address, running }) => running && reachesFar(address))
      .map(placeOf)
    const text = [...new Set(found)].toSorted().join(' ')
    if (epoch === 0 || text !== places) epoch++
    places = text
    return epoch
  }
}
