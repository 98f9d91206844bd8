import type { DnsScript } from '../../test/fixtures/dns-server.ts'
import type { Distance } from './slow-cable.ts'

/** A target of the pictures. */
type Host = {
  readonly name: string
  /** How often it is asked for, beside the others. */
  readonly weight: number
  /** Its addresses, each with its round-trip time; null: packets are lost. */
  readonly addresses: Readonly<Record<string, number | null>>
  /** Addresses whose router says that nobody may go there. */
  readonly refused?: readonly string[]
  /** Time that the DNS answers take. */
  readonly dnsMs: number
}

/** All addresses are of RFC 5737 and RFC 3849, for documentation. */
export const HOSTS: readonly Host[] = [
  {
    name: 'www.example.com',
    weight: 9,
    addresses: { '2001:db8:10::80': 14, '198.51.100.10': 17 },
    dnsMs: 6,
  },
  {
    name: 'api.example.com',
    weight: 7,
    addresses: { '2001:db8:10::81': 21, '198.51.100.11': 23 },
    dnsMs: 9,
  },
  {
    name: 'cdn.example.net',
    weight: 8,
    addresses: { '2001:db8:20::1': 6, '2001:db8:20::2': 7, '203.0.113.1': 9, '203.0.113.2': 9 },
    dnsMs: 4,
  },
  // Its IPv6 is broken, and nobody has noticed.
  {
    name: 'registry.example.net',
    weight: 4,
    addresses: { '2001:db8:30::5': null, '203.0.113.40': 34 },
    dnsMs: 12,
  },
  {
    name: 'shop.example.com',
    weight: 0,
    addresses: { '2001:db8:31::7': null, '203.0.113.41': 38 },
    dnsMs: 10,
  },
  {
    name: 'git.example.org',
    weight: 2,
    addresses: { '2001:db8:40::22': 55, '203.0.113.50': 29 },
    refused: ['2001:db8:40::22'],
    dnsMs: 15,
  },
  { name: 'mail.example.org', weight: 3, addresses: { '203.0.113.60': 41 }, dnsMs: 18 },
  {
    name: 'far.example.org',
    weight: 2,
    addresses: { '2001:db8:50::1': 182, '203.0.113.70': 176 },
    dnsMs: 40,
  },
  { name: 'db.example.net', weight: 0, addresses: { '2001:db8:20::5432': 3 }, dnsMs: 2 },
  {
    name: 'old.example.org',
    weight: 1,
    addresses: { '203.0.113.99': 25 },
    refused: ['203.0.113.99'],
    dnsMs: 8,
  },
]

/** The name of the race that the pictures show, the first one to a network that is dead. */
export const SHOWN = 'shop.example.com'

/** A name that does not exist. */
export const NO_NAME = 'misspelt.example.com'

export const DISTANCES: readonly Distance[] = HOSTS.flatMap(({ addresses }) =>
  Object.entries(addresses).map(([address, roundTripMs]) => ({ address, roundTripMs })),
)

export const REFUSED: readonly string[] = HOSTS.flatMap(({ refused = [] }) => refused)

/** What the DNS server says; answers are short-lived, so that most races show a lookup. */
export const DNS: DnsScript = {
  ...Object.fromEntries(
    HOSTS.map(({ name, addresses, dnsMs }) => [
      name,
      { addresses: Object.keys(addresses), delayMs: dnsMs, ttl: 3 },
    ]),
  ),
  [NO_NAME]: { rcode: 'NXDOMAIN', delayMs: 11 },
}
