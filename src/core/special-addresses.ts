import type { Cidr } from './cidr.ts'
import { cidrContains, parseCidr } from './cidr.ts'
import { fail } from './fail.ts'
import type { Ip } from './ip.ts'

/** A kind of address that stands for something else than a host out there. */
export type SpecialKind =
  'metadata' | 'loopback' | 'link-local' | 'multicast' | 'unspecified' | 'private'

/** The fixed lists, each prefix with the text that sets it aside. */
const PREFIXES: Readonly<Record<SpecialKind, readonly string[]>> = {
  /** Where clouds hand out credentials to whoever asks from a machine of theirs; as their manuals give them. */
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
    '255.255.255.255', // RFC 919 section 7: not multicast, but as little one host
  ],
  /** On Linux a connection to these ends at the host itself. */
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
    'fec0::/10', // RFC 3879, site-local, given up
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

/** Whether an address is of a kind. A zone does not matter; an address inside another (mapped, NAT64) is not looked for. */
export const isSpecial = (kind: SpecialKind, ip: Ip): boolean =>
  COMPILED[kind][ip.family].some(cidr => cidrContains(cidr, ip))

/** The kinds that the built-in denials know. */
export type DeniedKind = Exclude<SpecialKind, 'private'>

/** Metadata first: most of its addresses are link-local too, and to allow those must not open it. */
const DENIED_KINDS: readonly DeniedKind[] = [
  'metadata',
  'loopback',
  'link-local',
  'multicast',
  'unspecified',
]

/** The kind for which an address may be denied, the narrowest; undefined for an ordinary address. Private ones are ordinary. */
export const deniedKind = (ip: Ip): DeniedKind | undefined =>
  DENIED_KINDS.find(kind => isSpecial(kind, ip))
