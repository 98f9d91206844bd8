import type { Family, Ip } from '../core/ip.ts'
import { parseIp } from '../core/ip.ts'
import { isSpecial } from '../core/special-addresses.ts'
import type { SourceAddress } from '../net/network.ts'
import { finding, ok } from './findings.ts'
import type { Route } from './routes.ts'
import { parseFlagged, parseRoutes4, parseRoutes6 } from './routes.ts'
import type { DoctorHost, Finding } from './types.ts'

/** Global addresses that nobody has on a link: those of the Port Control Protocol (RFC 7723). None is sent a packet. */
const FAR_AWAY: Readonly<Record<Family, string>> = { 4: '192.0.0.9', 6: '2001:1::1' }

const farAway = (family: Family): Ip => parseIp(FAR_AWAY[family]) as Ip

/** The smallest MTU of a link that carries IPv6 (RFC 8200 section 5). */
const IPV6_MTU_MIN = 1280
/** That of Ethernet. */
const USUAL_MTU = 1500

/** What is known of one family on this host. */
type Way = {
  readonly family: Family
  /** The route of the main table to a global destination; null: none. */
  readonly route: Route | null
  /** The source address that the system would use for a global destination. */
  readonly source: SourceAddress
  /** The interface by which packets leave; null: not known. */
  readonly device: string | null
}

/**
 * A rule (ip-rule(8)) may choose another table than the main one, as VPNs do: then the interface with the source
 * address is not that of the route. An address of `lo` may be used on any interface.
 */
const deviceOf = (route: Route | null, owner: string | null): string | null =>
  owner === null || owner === 'lo' ? (route?.device ?? null) : owner

const hasSource = ({ source }: Way): boolean => {
  const ip = source.address === null ? undefined : parseIp(source.address)
  return ip !== undefined && !isSpecial('loopback', ip) && !isSpecial('link-local', ip)
}

const routeText = ({ route, source, device }: Way): string => {
  const from = `source address ${source.address ?? ''}`
  if (!route || route.device !== device) return device === null ? from : `by ${device}, ${from}`
  const name = route.prefix.endsWith('/0') ? 'default route' : `route ${route.prefix}`
  const gateway = route.gateway === null ? '' : ` through ${route.gateway}`
  return `${name} by ${device}${gateway}, ${from}`
}

/** A unique local address (RFC 4193), which no other network routes back to. */
const isUniqueLocal = (address: string): boolean => /^f[cd]/.test(address)

const findRoute = (way: Way, other: Way, ifInet6: string): readonly Finding[] => {
  const { family, route, source } = way
  const name = `IPv${family}`
  const id = `route.ipv${family}`
  const facts = {
    ...route,
    device: way.device,
    source: source.address,
    deprecated: source.deprecated,
  }
  if (!hasSource(way)) {
    if (!hasSource(other)) {
      const message = `There is no way out by ${name}: no default route with a source address`
      return [
        finding(
          id,
          'problem',
          message,
          `Connect this host to a network, or look at: ip -${family} route`,
          facts,
        ),
      ]
    }
    if (family === 4) {
      const message = 'There is no way out by IPv4, so targets without IPv6 need NAT64'
      return [finding(id, 'note', message, 'See the finding on NAT64', facts)]
    }
    if (route) {
      const message = `IPv6 has a default route by ${route.device} and no address to send from`
      const advice =
        'Look at the router advertisements and DHCPv6 (ip -6 address), or remove the route'
      return [finding(id, 'warning', message, advice, facts)]
    }
    const own = parseFlagged(ifInet6).some(({ address }) => !/^fe[89ab]|^::1$/.test(address))
    const message = own
      ? 'IPv6 has an address and no default route, so it reaches its own networks only'
      : 'There is no IPv6 here; eyeballd uses IPv4 and does not ask for AAAA records'
    const advice = own
      ? 'Look at the router advertisements (ip -6 route), if this network should have IPv6'
      : 'Nothing, unless this network should have IPv6 (ip -6 address)'
    return [finding(id, own ? 'warning' : 'note', message, advice, facts)]
  }
  const address = source.address ?? ''
  const flagged = parseFlagged(ifInet6)
  const isTemporary = flagged.some(each => each.address === address && each.temporary)
  const found: Finding[] = [
    ok(id, `${name}: ${routeText(way)}${isTemporary ? ' (temporary)' : ''}`, {
      ...facts,
      ...(family === 6 && { temporary: isTemporary }),
    }),
  ]
  if (source.deprecated) {
    const message = `The source address ${address} is deprecated: its preferred lifetime has ended`
    const advice =
      'See whether the router still advertises its prefix (ip -6 address); RFC 6724 rule 3 puts IPv6 last meanwhile'
    found.push(finding('source.ipv6', 'warning', message, advice, { source: address }))
  }
  if (family === 6 && isUniqueLocal(address)) {
    const message = `IPv6 leaves from the unique local address ${address}, which other networks do not answer`
    const advice =
      'Expect IPv4 to be preferred (RFC 6724), and IPv6 to work only if the router translates it; else remove the default route'
    found.push(finding('source.ipv6', 'warning', message, advice, { source: address }))
  }
  for (const { address: bad, device, unusable } of family === 6 ? flagged : []) {
    if (unusable !== 'duplicate') continue
    const message = `The address ${bad} of ${device} is not used, because another host has it`
    found.push(
      finding('source.ipv6', 'warning', message, 'Give one of the two another address', {
        source: bad,
      }),
    )
  }
  return found
}

const findMtu = (way: Way, other: Way, host: DoctorHost): readonly Finding[] => {
  const { family } = way
  const id = `mtu.ipv${family}`
  if (!hasSource(way)) {
    const device = family === 6 ? other.device : null
    const text = device === null ? null : host.readText(`/sys/class/net/${device}/mtu`)
    const mtu = Number(text)
    if (text === null || device === null || !(mtu > 0 && mtu < IPV6_MTU_MIN)) return []
    const message = `The MTU of ${device} is ${mtu} bytes, and Linux has no IPv6 on a link below ${IPV6_MTU_MIN}`
    return [
      finding(id, 'warning', message, `Raise it: ip link set ${device} mtu ${IPV6_MTU_MIN}`, {
        mtu,
        device,
      }),
    ]
  }
  const mtu = host.pathMtu(FAR_AWAY[family])
  if (mtu === null) return []
  const facts = { mtu, device: way.device }
  if (family === 6 && mtu < IPV6_MTU_MIN) {
    const message = `The path MTU of IPv6 is ${mtu} bytes, below the ${IPV6_MTU_MIN} that every IPv6 link must carry (RFC 8200)`
    const advice = 'Raise the MTU of the route or tunnel (ip -6 route), else large packets are lost'
    return [finding(id, 'problem', message, advice, facts)]
  }
  if (mtu >= USUAL_MTU) return [ok(id, `IPv${family}: path MTU ${mtu} bytes`, facts)]
  const message = `IPv${family}: path MTU ${mtu} bytes, less than the usual ${USUAL_MTU}, as of a tunnel or PPPoE`
  const advice =
    'Nothing, if there is such a tunnel; if large transfers stall, let ICMP "packet too big" through'
  return [finding(id, mtu < IPV6_MTU_MIN ? 'warning' : 'note', message, advice, facts)]
}

/** Looks at routes, source addresses and path MTU of both families. Nothing leaves the host. */
export const checkRoutes = async (host: DoctorHost): Promise<readonly Finding[]> => {
  const read = (path: string): string => host.readText(path) ?? ''
  const [source4, source6] = await Promise.all([
    host.races.source(FAR_AWAY[4]),
    host.races.source(FAR_AWAY[6]),
  ])
  const [route4 = null] = parseRoutes4(read('/proc/net/route'), farAway(4))
  const [route6 = null] = parseRoutes6(read('/proc/net/ipv6_route'), farAway(6))
  const wayOf = (family: Family, route: Route | null, source: SourceAddress): Way => {
    const owner = source.address === null ? null : host.interfaceOf(source.address)
    return { family, route, source, device: deviceOf(route, owner) }
  }
  const four = wayOf(4, route4, source4)
  const six = wayOf(6, route6, source6)
  const ifInet6 = read('/proc/net/if_inet6')
  return [
    ...findRoute(six, four, ifInet6),
    ...findRoute(four, six, ifInet6),
    ...findMtu(six, four, host),
    ...findMtu(four, six, host),
  ]
}
