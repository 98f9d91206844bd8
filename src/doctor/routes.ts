import type { Cidr } from '../core/cidr.ts'
import { cidrContains, formatCidr } from '../core/cidr.ts'
import type { Family, Ip } from '../core/ip.ts'
import { formatIp, ipFromBytes } from '../core/ip.ts'

/** A route of this host. */
export type Route = {
  readonly family: Family
  /** `0.0.0.0/0` is a default route; a VPN may split it in two: `0.0.0.0/1`. */
  readonly prefix: string
  readonly device: string
  /** Null: the link itself leads there. */
  readonly gateway: string | null
  readonly metric: number
}

/** RTF_UP and RTF_REJECT of Linux's include/uapi/linux/route.h. */
const UP = 0x1
const REJECT = 0x200

const bytesOf = (digits: string): Uint8Array =>
  Uint8Array.from(digits.match(/../g) ?? [], pair => Number.parseInt(pair, 16))

/** Addresses of /proc/net/route are numbers of the host, which is little-endian. */
const reversed = (digits: string): Uint8Array => bytesOf(digits).toReversed()

const isUsable = (flags: string): boolean => {
  const bits = Number.parseInt(flags, 16)
  return (bits & UP) !== 0 && (bits & REJECT) === 0
}

const addressOf = (bytes: Uint8Array): string | null =>
  bytes.every(byte => byte === 0) ? null : formatIp(ipFromBytes(bytes))

/** The bits of a netmask. */
const lengthOf = (mask: Uint8Array): number =>
  mask.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)

type Read = Omit<Route, 'prefix'> & { readonly to: Cidr }

/** Those that lead to a destination, as the kernel prefers them: the longest prefix, then the lowest metric. */
const leadingTo = (routes: readonly Read[], destination: Ip): readonly Route[] =>
  routes
    .filter(({ to }) => cidrContains(to, destination))
    .toSorted((a, b) => b.to.length - a.to.length || a.metric - b.metric)
    .map(({ to, ...route }) => Object.assign(route, { prefix: formatCidr(to) }))

/** The usable routes of /proc/net/route (proc(5)) to a destination, the preferred one first. */
export const parseRoutes4 = (text: string, destination: Ip): readonly Route[] => {
  const routes = text.split('\n').flatMap((line): readonly Read[] => {
    const [device = '', to = '', gateway = '', flags = '', , , metric, mask = ''] = line
      .trim()
      .split(/\s+/)
    if (!/^[0-9a-f]{8}$/i.test(to) || !/^[0-9a-f]{8}$/i.test(mask) || !isUsable(flags)) return []
    const prefix = { ip: ipFromBytes(reversed(to)), length: lengthOf(bytesOf(mask)) }
    const address = addressOf(reversed(gateway))
    return [{ family: 4, to: prefix, device, gateway: address, metric: Number(metric) }]
  })
  return leadingTo(routes, destination)
}

/** The same of /proc/net/ipv6_route. The kernel's own reject route on `lo` is none. */
export const parseRoutes6 = (text: string, destination: Ip): readonly Route[] => {
  const routes = text.split('\n').flatMap((line): readonly Read[] => {
    const [to = '', length = '', , , gateway = '', metric = '', , , flags = '', device = ''] = line
      .trim()
      .split(/\s+/)
    if (!/^[0-9a-f]{32}$/i.test(to) || !isUsable(flags) || device === 'lo') return []
    const prefix = { ip: ipFromBytes(bytesOf(to)), length: Number.parseInt(length, 16) }
    const address = addressOf(bytesOf(gateway))
    const number = Number.parseInt(metric, 16)
    return [{ family: 6, to: prefix, device, gateway: address, metric: number }]
  })
  return leadingTo(routes, destination)
}

/** IFA_F_ flags of Linux's include/uapi/linux/if_addr.h. */
const TEMPORARY = 0x01
const DAD_FAILED = 0x08
const DEPRECATED = 0x20
const TENTATIVE = 0x40

/** An IPv6 address of this host, with what its flags say. */
export type FlaggedAddress = {
  readonly address: string
  readonly device: string
  /** RFC 8981. */
  readonly temporary: boolean
  /** RFC 4862 section 5.5.4. */
  readonly deprecated: boolean
  /** Another host has the same (RFC 4862 section 5.4.5), or it is not yet known that none has. */
  readonly unusable: 'duplicate' | 'tentative' | null
}

/** The addresses of /proc/net/if_inet6. */
export const parseFlagged = (text: string): readonly FlaggedAddress[] =>
  text.split('\n').flatMap((line): readonly FlaggedAddress[] => {
    const [digits = '', , , , flags = '', device = ''] = line.trim().split(/\s+/)
    if (!/^[0-9a-f]{32}$/i.test(digits)) return []
    const bits = Number.parseInt(flags, 16)
    return [
      {
        address: formatIp(ipFromBytes(bytesOf(digits))),
        device,
        temporary: (bits & TEMPORARY) !== 0,
        deprecated: (bits & DEPRECATED) !== 0,
        unusable: bits & DAD_FAILED ? 'duplicate' : bits & TENTATIVE ? 'tentative' : null,
      },
    ]
  })
