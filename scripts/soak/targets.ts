import type { DnsReply } from '../../test/fixtures/dns-server.ts'
import type { Random } from '../../test/fixtures/random.ts'

/** What a connection depends on: DNS answers, one family, any network. A fault takes some of it away for a time. */
export type Need = 'names' | 'four' | 'six' | 'network'

export type Target = {
  readonly host: string
  /** A connection to it can be made, unless a fault takes away what it needs. */
  readonly lives: boolean
  readonly needs: readonly Need[]
}

/** Ports of the origins; nobody listens on the last. */
export const PORTS = { stream: 7000, http: 8080, closed: 7999 } as const

const FAST = ['2001:db8:1000::1', '198.18.0.1'] as const

/** Addresses that the packet filter makes black holes. */
export const BLACK_HOLES = ['2001:db8:1001::1', '198.18.1.1'] as const
/** Addresses that answer with a reset. */
export const REFUSING = ['2001:db8:1002::1', '198.18.2.1'] as const

const ZONE = 'soak.test'

/** How the DNS server answers each name of the zone; TTLs are short, so that names are looked up again. */
const REPLIES: Readonly<Record<string, DnsReply>> = {
  fast: { addresses: FAST, ttl: 2 },
  four: { addresses: [FAST[1]], ttl: 2 },
  six: { addresses: [FAST[0]], ttl: 2 },
  'dead-six': { addresses: [BLACK_HOLES[0], FAST[1]], ttl: 2 },
  'refused-six': { addresses: [REFUSING[0], FAST[1]], ttl: 2 },
  slow: { addresses: FAST, ttl: 0, delayMs: 300 },
  truncated: { addresses: FAST, ttl: 1, truncated: true },
  lossy: { addresses: FAST, ttl: 0, lost: 1 },
  dead: { addresses: BLACK_HOLES, ttl: 5 },
  refused: { addresses: REFUSING, ttl: 5 },
  servfail: { rcode: 'SERVFAIL' },
  silent: { silent: true },
  none: { rcode: 'NXDOMAIN' },
}

/** The reply to a question; each name below `many` exists. */
export const replyTo = (name: string): DnsReply => {
  const label = name.toLowerCase().replace(`.${ZONE}`, '')
  if (label.endsWith('.many')) return { addresses: FAST, ttl: 60 }
  return REPLIES[label] ?? { rcode: 'NXDOMAIN' }
}

const named = (label: string, lives: boolean, ...needs: Need[]): Target => ({
  host: `${label}.${ZONE}`,
  lives,
  needs: lives ? ['network', 'names', ...needs] : [],
})

export const FAST_NAME = `fast.${ZONE}`

/** Its answers are always in the cache, and are served while no DNS server answers; one family is enough. */
const CACHED: Target = { host: FAST_NAME, lives: true, needs: ['network'] }

const LIVE: readonly [Target, ...Target[]] = [
  CACHED,
  CACHED,
  named('four', true, 'four'),
  named('six', true, 'six'),
  named('dead-six', true, 'four'),
  named('refused-six', true, 'four'),
  named('slow', true),
  named('truncated', true),
  named('lossy', true),
  { host: FAST[0], lives: true, needs: ['network', 'six'] },
  { host: FAST[1], lives: true, needs: ['network', 'four'] },
]

/** A target with the least delay, and without DNS. */
export const NEAR: Target = { host: FAST[1], lives: true, needs: ['network', 'four'] }

const DEAD: readonly [Target, ...Target[]] = [
  named('dead', false),
  named('refused', false),
  named('servfail', false),
  named('silent', false),
  named('none', false),
  { host: BLACK_HOLES[0], lives: false, needs: [] },
  { host: REFUSING[1], lives: false, needs: [] },
]

export const liveTarget = (random: Random): Target =>
  random.chance(0.2) ? named(`n${random.between(0, 99_999)}.many`, true) : random.pick(LIVE)

/** A literal or name that has IPv4: what SOCKS4 can ask for. */
export const liveFour = (random: Random): Target => random.pick([NEAR, named('four', true, 'four')])

export const deadTarget = (random: Random): Target => random.pick(DEAD)
