import type { Family } from '../core/ip.ts'
import { formatIp, ipFromBytes } from '../core/ip.ts'

/** A default route of this host. */
export type DefaultRoute = {
  readonly family: Family
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

const isUsable = (flags: string): boolean => {
  const bits = Number.parseInt(flags, 16)
  return (bits & UP) !== 0 && (bits & REJECT) === 0
}

const addressOf = (bytes: Uint8Array): string | null =>
  bytes.every(byte => byte === 0) ? null : formatIp(ipFromBytes(bytes))

/** The usable default routes of /proc/net/route (proc(5)), the one that is used first. Addresses are little-endian. */
export const parseRoutes4 = (text: string): readonly DefaultRoute[] =>
  text
    .split('\n')
    .flatMap((line): readonly DefaultRoute[] => {
      const [device = '', to, gateway = '', flags = '', , , metric, mask] = line.trim().split(/\s+/)
      if (to !== '00000000' || mask !== '00000000' || !isUsable(flags)) return []
      const address = addressOf(bytesOf(gateway).toReversed())
      return [{ family: 4, device, gateway: address, metric: Number(metric) }]
    })
    .toSorted((a, b) => a.metric - b.metric)

/** The same of /proc/net/ipv6_route. The kernel's own reject route on `lo` is none. */
export const parseRoutes6 = (text: string): readonly DefaultRoute[] =>
  text
    .split('\n')
    .flatMap((line): readonly DefaultRoute[] => {
      const [to = '', length, , , gateway = '', metric = '', , , flags = '', device = ''] = line
        .trim()
        .split(/\s+/)
      if (!/^0{32}$/.test(to) || length !== '00' || !isUsable(flags) || device === 'lo') return []
      const address = addressOf(bytesOf(gateway))
      return [{ family: 6, device, gateway: address, metric: Number.parseInt(metric, 16) }]
    })
    .toSorted((a, b) => a.metric - b.metric)

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
