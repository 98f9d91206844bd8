import type { Cidr } from './cidr.ts'
import { cidrContains, parseCidr } from './cidr.ts'
import { fail } from './fail.ts'
import type { Ip } from './ip.ts'

/** A kind of address that does not name an ordinary host on the Internet. */
export type SpecialKind =
  'metadata' | 'loopback' | 'link-local' | 'multicast' | 'unspecified' | 'private'

/** The fixed prefixes of each kind, with the document that defines each. */
const PREFIXES: Readonly<Record<SpecialKind, readonly string[]>> = {
  /**
   * Metadata services, from which any process on a cloud machine can get credentials; addresses as in the
   * clouds' manuals.
   */
  metadata: [
    '169.254.169.254', // Amazon, Google, Azure, Oracle, OpenStack and most others
    'fd00:ec2::254', // Amazon EC2
    '169.254.170.2', // Amazon ECS, credentials of a task
    '169.254.170.23', // Amazon EKS, credentials of a pod
    'fd00:ec2::23', // Amazon EKS, the same
    'fd20:ce::254', // Google Compute Engine
    '168.63.129.16', // Azure, the host's own services
    '100.100.100.200', // Alibaba Cloud
    '192.0.0.192', // Oracle Cloud, classic
    '169.254.0.23', // Tencent Cloud
    '169.254.42.42', // Scaleway
    'fd00:42::42', // Scaleway
  ],
  loopback: [
    '127.0.0.0/8', // RFC 1122 section 3.2.1.3
    '::1/128', // RFC 4291 section 2.5.3
  ],
  'link-local': [
    '169.254.0.0/16', // RFC 3927
    'fe80::/10', // RFC 4291 section 2.5.6
  ],
  multicast: [
    '224.0.0.0/4', // RFC 5771
    'ff00::/8', // RFC 4291 section 2.7
    '255.255.255.255', // RFC 919 section 7: limited broadcast, which names no single host either
  ],
  /** On Linux, a connection to one of these reaches this host itself. */
  unspecified: [
    '0.0.0.0/8', // RFC 1122 section 3.2.1.3, "this network"
    '::/128', // RFC 4291 section 2.5.2
  ],
  private: [
    '10.0.0.0/8', // RFC 1918
    '172.16.0.0/12', // RFC 1918
    '192.168.0.0/16', // RFC 1918
    '100.64.0.0/10', // RFC 6598, shared between a carrier and its customers
    'fc00::/7', // RFC 4193
    'fec0::/10', // RFC 3879, site-local, deprecated
  ],
}

const compile = (text: string): Cidr => {
  const cidr = parseCidr(text)
  if (!cidr) throw fail('ERR_BUG', `"${text}" in the list of special addresses is no prefix`)
  return cidr
}

const compileKind = (kind: SpecialKind): Readonly<Record<4 | 6, readonly Cidr[]>> => {
  const cidrs = PREFIXES[kind].map(compile)
  return {
    4: cidrs.filter(({ ip }) => ip.family === 4),
    6: cidrs.filter(({ ip }) => ip.family === 6),
  }
}

const COMPILED = {
  metadata: compileKind('metadata'),
  loopback: compileKind('loopback'),
  'link-local': compileKind('link-local'),
  multicast: compileKind('multicast'),
  unspecified: compileKind('unspecified'),
  private: compileKind('private'),
} as const

/** Whether an address is of a kind. The zone is ignored; an IPv4 address inside it (mapped, NAT64) is not checked. */
export const isSpecial = (kind: SpecialKind, ip: Ip): boolean =>
  COMPILED[kind][ip.family].some(cidr => cidrContains(cidr, ip))

/** The kinds that the built-in denials cover. */
export type DeniedKind = Exclude<SpecialKind, 'private'>

/** Metadata comes first: most of its addresses are also link-local, and allowing link-local must not allow them. */
const DENIED_KINDS: readonly DeniedKind[] = [
  'metadata',
  'loopback',
  'link-local',
  'multicast',
  'unspecified',
]

/**
 * The narrowest kind for which an address may be denied; undefined for an ordinary address. Private
 * addresses are ordinary.
 */
export const deniedKind = (ip: Ip): DeniedKind | undefined =>
  DENIED_KINDS.find(kind => isSpecial(kind, ip))
