import t from 'tap'
import { unmapIp } from '../../../src/core/ip.ts'
import {
  readDestinations,
  rttStep,
  scopeOf,
} from '../../../src/eyeballs/order/read-destinations.ts'
import { ip } from '../../fixtures/ip.ts'

void t.test('RFC 6724 section 6: what the rules compare is worked out once', async t => {
  const [first, second] = readDestinations(
    [
      { address: '2001:db8:1::1', source: '2001:db8:1::2', sourceDeprecated: true },
      { address: '192.0.2.1', source: null },
    ],
    'rfc6724',
  )
  t.match(first, {
    candidate: { address: '2001:db8:1::1' },
    family: 6,
    scope: 0xe,
    precedence: 40,
    usable: true,
    scopeMatches: true,
    sourceDeprecated: true,
    labelMatches: true,
    commonPrefixLength: 64,
  })
  t.match(second, {
    family: 4,
    precedence: 35,
    usable: false,
    scopeMatches: false,
    sourceDeprecated: false,
    labelMatches: false,
    commonPrefixLength: 0,
  })
})

void t.test(
  'RFC 6724 section 2.2: bits in common count up to the prefix length of the source',
  async t => {
    const common = (sourcePrefixLength?: number) =>
      readDestinations(
        [
          {
            address: '2001:db8::1',
            source: '2001:db8::2',
            ...(sourcePrefixLength !== undefined && { sourcePrefixLength }),
          },
        ],
        'rfc6724',
      )[0]?.commonPrefixLength
    t.equal(common(48), 48)
    t.equal(common(128), 126, 'a /128 lets all bits count')
    t.equal(common(), 64, 'unknown: not the interface identifier')
  },
)

void t.test('IPv4-mapped addresses are IPv4, destination and source alike', async t => {
  const [mapped] = readDestinations(
    [{ address: '::ffff:192.0.2.1', source: '::ffff:192.0.2.9' }],
    'rfc6724',
  )
  t.match(mapped, { family: 4, precedence: 35, labelMatches: true, scopeMatches: true })
})

void t.test(
  'one candidate that was not asked for its source leaves sources out for all',
  async t => {
    const facts = readDestinations(
      [{ address: '2001:db8::1', source: null }, { address: '192.0.2.1' }],
      'rfc6724',
    )
    for (const fact of facts) {
      t.match(fact, {
        usable: true,
        scopeMatches: false,
        labelMatches: false,
        commonPrefixLength: 0,
      })
    }
  },
)

void t.test('an address or a source that is none is refused, and named', async t => {
  t.throws(() => readDestinations([{ address: 'example.com' }], 'rfc6724'), {
    code: 'ERR_INVALID_ADDRESS',
    message: 'the address "example.com" cannot be sorted: an IP address is wanted',
  })
  t.throws(() => readDestinations([{ address: '192.0.2.1', source: '' }], 'rfc6724'), {
    code: 'ERR_INVALID_ADDRESS',
    message: 'the source address "" cannot be sorted: an IP address is wanted',
  })
})

void t.test('a round-trip time is a step of a ladder that doubles', async t => {
  const steps = [0, 0.2, 10, 10.1, 20, 39, 40, 41, 80, 1000].map(rttStep)
  t.strictSame(steps, [0, 0, 0, 1, 1, 2, 2, 3, 3, 7])
  const [known, unknown] = readDestinations(
    [{ address: '192.0.2.1', rttMs: 35 }, { address: '192.0.2.2' }],
    'updated',
  )
  t.equal(known?.rttStep, 2)
  t.equal(unknown?.rttStep, null)
})

void t.test('of a NAT64 address the IPv4 one counts, and its own source (R14)', async t => {
  const nat64 = { address: '64:ff9b::c000:201', embedded: '192.0.2.1' }
  const [usable] = readDestinations([{ ...nat64, source: '2001:db8::2' }], 'rfc6724')
  t.match(usable, {
    family: 4,
    scope: 0xe,
    precedence: 35,
    usable: true,
    scopeMatches: true,
    labelMatches: true,
    commonPrefixLength: 0,
  })
  const [near] = readDestinations([{ ...nat64, source: 'fe80::2' }], 'rfc6724')
  t.match(near, { usable: true, scopeMatches: false })
  const [without] = readDestinations([{ ...nat64, source: null }], 'rfc6724')
  t.match(without, { usable: false, labelMatches: false })
  const [unasked] = readDestinations([nat64], 'rfc6724')
  t.match(unasked, { usable: true, labelMatches: false })
})

void t.test("this host's unique local addresses are read, and a bad one is named", async t => {
  const bare = [{ address: 'fd00:1:2:3::1' }]
  const precedence = (...known: string[]) => readDestinations(bare, 'updated', known)[0]?.precedence
  t.equal(precedence(), 30)
  t.equal(precedence('fd00:1:2::9'), 45)
  t.equal(precedence('fd00:1:3::9', 'fc00:1:2::9', '2001:db8::1'), 30)
  t.throws(() => precedence('eth0'), {
    message: 'the known-local address "eth0" cannot be sorted: an IP address is wanted',
  })
})

const scope = (text: string): number => scopeOf(unmapIp(ip(text)))

void t.test('RFC 6724 section 3.1: unicast scopes of IPv6', async t => {
  t.equal(scope('fe80::1'), 0x2)
  t.equal(scope('fe80::1%eth0'), 0x2, 'a zone changes nothing')
  t.equal(scope('febf:ffff::1'), 0x2, 'the last of fe80::/10')
  t.equal(scope('fec0::1'), 0x5)
  t.equal(scope('feff::1'), 0x5, 'the last of fec0::/10')
  t.equal(scope('fe7f::1'), 0xe)
  t.equal(scope('2001:db8::1'), 0xe)
  t.equal(scope('fd00::1'), 0xe, 'unique local addresses are of global scope')
  t.equal(scope('::'), 0xe)
})

void t.test('RFC 6724 section 3.1: a multicast address says its own scope', async t => {
  t.equal(scope('ff01::1'), 0x1)
  t.equal(scope('ff02::1'), 0x2)
  t.equal(scope('ff05::1'), 0x5)
  t.equal(scope('ff08::1'), 0x8)
  t.equal(scope('ff3e::1'), 0xe, 'flags do not count')
})

void t.test('RFC 6724 section 3.2: scopes of IPv4', async t => {
  t.equal(scope('127.0.0.1'), 0x2)
  t.equal(scope('127.255.0.1'), 0x2)
  t.equal(scope('169.254.13.78'), 0x2)
  t.equal(scope('::ffff:169.254.1.1'), 0x2, 'IPv4-mapped counts as IPv4')
  for (const address of ['169.253.1.1', '10.1.2.3', '172.16.0.1', '192.168.0.1', '198.51.100.1']) {
    t.equal(scope(address), 0xe, `${address}: global, private or not`)
  }
})

void t.test('RFC 6724 section 3.4: the IPv6 loopback address is link-local', async t => {
  t.equal(scope('::1'), 0x2)
  t.equal(scope('::2'), 0xe)
  t.equal(scope('100::1'), 0xe)
})
