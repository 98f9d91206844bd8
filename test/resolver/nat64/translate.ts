import t from 'tap'
import fc from 'fast-check'
import { formatIp, ipFromBytes, parseIp } from '../../../src/core/ip.ts'
import { NAT64_PREFIX_LENGTHS, nat64PrefixOf } from '../../../src/core/cidr.ts'
import {
  WELL_KNOWN_PREFIX,
  embed,
  extract,
  isExempt,
  isGlobal,
  isWellKnown,
  synthesise,
  withEmbedded,
} from '../../../src/resolver/nat64/translate.ts'
import type { AnswerSource, PositiveAnswer } from '../../../src/resolver/types.ts'
import { ip } from '../../fixtures/ip.ts'
import { nat64Prefix } from '../../fixtures/nat64-prefix.ts'

const OWN = nat64Prefix('2001:db8:64::/96')
const WELL_KNOWN = nat64Prefix('64:ff9b::/96')
const SHORT = nat64Prefix('2001:db8:122::/48')

const answer = (addresses: readonly string[], source: AnswerSource = 'dns'): PositiveAnswer => ({
  ok: true,
  addresses,
  ttl: 60,
  source,
})

t.test('IPv4 addresses become those of the prefix, and say where they are from', async t => {
  t.same(synthesise(answer(['192.0.2.33', '198.51.100.1'], 'cache'), [OWN]), {
    ok: true,
    addresses: ['2001:db8:64::c000:221', '2001:db8:64::c633:6401'],
    ttl: 60,
    source: 'nat64',
    embedded: new Map([
      ['2001:db8:64::c000:221', '192.0.2.33'],
      ['2001:db8:64::c633:6401', '198.51.100.1'],
    ]),
    origin: 'cache',
  })
})

t.test('an answer that is being refreshed says so still', async t => {
  const stale: PositiveAnswer = { ...answer(['192.0.2.33'], 'stale'), refreshing: true }
  t.match(synthesise(stale, [OWN]), { source: 'nat64', origin: 'stale', refreshing: true })
  const six: PositiveAnswer = { ...answer(['64:ff9b::c000:221'], 'stale'), refreshing: true }
  t.match(withEmbedded(six, []), { refreshing: true, embedded: new Map() })
})

t.test('by every prefix, in their order', async t => {
  t.same(synthesise(answer(['8.8.8.8', '9.9.9.9']), [SHORT, WELL_KNOWN]).addresses, [
    '2001:db8:122:808:8:800::',
    '2001:db8:122:909:9:900::',
    '64:ff9b::808:808',
    '64:ff9b::909:909',
  ])
})

t.test('what no translator leads to stays as it is, or is left out beside others', async t => {
  const local = answer(['127.0.0.1', '169.254.1.1'], 'hosts')
  t.equal(synthesise(local, [OWN, WELL_KNOWN]), local)
  t.same(synthesise(answer(['127.0.0.1', '192.0.2.1']), [OWN]).addresses, ['2001:db8:64::c000:201'])
  const none = answer(['192.0.2.1'])
  t.equal(synthesise(none, []), none, 'without a prefix')
})

t.test('the well-known prefix does not stand for addresses that are not global', async t => {
  const some = answer(['10.0.0.1', '8.8.8.8'])
  t.same(synthesise(some, [WELL_KNOWN]).addresses, ['64:ff9b::808:808'])
  t.same(synthesise(some, [WELL_KNOWN, OWN]).addresses, [
    '64:ff9b::808:808',
    '2001:db8:64::a00:1',
    '2001:db8:64::808:808',
  ])
})

t.test('there are 64 addresses at most', async t => {
  const many = answer(Array.from({ length: 60 }, (_, i) => `198.18.0.${i}`))
  const { addresses, embedded } = synthesise(many, [OWN, SHORT])
  t.equal(addresses.length, 64)
  t.equal(embedded?.size, 64)
  t.equal(addresses[59], '2001:db8:64::c612:3b')
})

t.test('of a DNS64 it is known which IPv4 addresses its addresses stand for', async t => {
  const mixed = answer(['2001:db8::1', '2001:db8:64::c000:221', '64:ff9b::7f00:1'])
  t.same(withEmbedded(mixed, [OWN]), {
    ...mixed,
    embedded: new Map([
      ['2001:db8:64::c000:221', '192.0.2.33'],
      ['64:ff9b::7f00:1', '127.0.0.1'],
    ]),
  })
  t.same(
    withEmbedded(mixed, []).embedded,
    new Map([['64:ff9b::7f00:1', '127.0.0.1']]),
    'the well-known prefix is known always',
  )
  const plain = answer(['2001:db8::1', 'fe80::1%lo'])
  t.equal(withEmbedded(plain, [OWN]), plain)
  const odd = answer(['nonsense'])
  t.equal(withEmbedded(odd, [OWN]), odd)
})

t.test('of two prefixes the longer one counts, whatever their order', async t => {
  const inner = nat64Prefix('2001:db8:122::/96')
  const both = answer(['2001:db8:122::c000:221'])
  for (const prefixes of [
    [SHORT, inner],
    [inner, SHORT],
  ]) {
    t.same([...(withEmbedded(both, prefixes).embedded?.values() ?? [])], ['192.0.2.33'])
  }
})

/** RFC 6052 section 2.4, tables 2 and 3. */
const VECTORS = [
  ['2001:db8::/32', '192.0.2.33', '2001:db8:c000:221::'],
  ['2001:db8:100::/40', '192.0.2.33', '2001:db8:1c0:2:21::'],
  ['2001:db8:122::/48', '192.0.2.33', '2001:db8:122:c000:2:2100::'],
  ['2001:db8:122:300::/56', '192.0.2.33', '2001:db8:122:3c0:0:221::'],
  ['2001:db8:122:344::/64', '192.0.2.33', '2001:db8:122:344:c0:2:2100::'],
  ['2001:db8:122:344::/96', '192.0.2.33', '2001:db8:122:344::192.0.2.33'],
  ['64:ff9b::/96', '192.0.2.33', '64:ff9b::192.0.2.33'],
] as const

t.test('the examples of RFC 6052 section 2.4, both ways', async t => {
  for (const [prefix, ipv4, ipv6] of VECTORS) {
    const whole = formatIp(ip(ipv6))
    t.equal(formatIp(embed(nat64Prefix(prefix), ip(ipv4))), whole, prefix)
    const back = extract(nat64Prefix(prefix), ip(ipv6))
    t.equal(back && formatIp(back), ipv4, ipv6)
  }
})

const anyIpv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(ipFromBytes)
const anyPrefix = fc
  .tuple(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.constantFrom(...NAT64_PREFIX_LENGTHS))
  .map(([bytes, length]) => {
    bytes[8] = 0
    return nat64PrefixOf(bytes, length)
  })

t.test('what was embedded comes out again; the octet in the middle is zero', async t => {
  fc.assert(
    fc.property(anyPrefix, anyIpv4, (prefix, ipv4) => {
      const whole = embed(prefix, ipv4)
      const back = extract(prefix, whole)
      return whole.bytes[8] === 0 && back !== undefined && formatIp(back) === formatIp(ipv4)
    }),
  )
  t.pass()
})

t.test('an address outside the prefix holds none', async t => {
  t.equal(extract(nat64Prefix('2001:db8:64::/96'), ip('2001:db8:65::c000:221')), undefined)
  t.equal(extract(nat64Prefix('2001:db8:64::/96'), ip('192.0.2.33')), undefined)
})

t.test('an octet or a suffix that is not zero hides no address', async t => {
  const wanted = '10.0.0.1'
  for (const [prefix, address] of [
    ['2001:db8::/32', '2001:db8:a00:1:ff00::1'],
    ['2001:db8:122:300::/56', '2001:db8:122:30a:ff00:1:ffff:0'],
    ['2001:db8:122:344::/64', '2001:db8:122:344:ff0a:0:1ff:ffff'],
  ] as const) {
    const found = extract(nat64Prefix(prefix), ip(address))
    t.equal(found && formatIp(found), wanted, address)
  }
})

t.test('the well-known prefix', async t => {
  t.ok(isWellKnown(WELL_KNOWN_PREFIX))
  t.ok(isWellKnown(nat64Prefix('64:ff9b::/96')))
  t.notOk(isWellKnown(nat64Prefix('64:ff9b::/64')))
  t.notOk(isWellKnown(nat64Prefix('64:ff9b:1::/96')))
})

const of = (check: typeof isExempt, text: string): boolean => {
  const found = parseIp(text)
  return found !== undefined && check(found)
}

t.test('what no translator leads to, by its first and last address', async t => {
  for (const text of [
    '0.0.0.0',
    '0.255.255.255',
    '127.0.0.0',
    '127.0.0.1',
    '127.255.255.255',
    '169.254.0.0',
    '169.254.169.254',
    '169.254.255.255',
    '224.0.0.0',
    '239.255.255.255',
    '255.255.255.255',
  ]) {
    t.equal(of(isExempt, text), true, text)
    t.equal(of(isGlobal, text), false, text)
  }
})

t.test('what the well-known prefix does not stand for, and one of a network may', async t => {
  for (const text of [
    '10.0.0.0',
    '10.255.255.255',
    '100.64.0.0',
    '100.127.255.255',
    '172.16.0.0',
    '172.31.255.255',
    '192.0.0.170',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.255.255',
    '198.18.0.0',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.255',
    '240.0.0.0',
    '255.255.255.254',
  ]) {
    t.equal(of(isExempt, text), false, text)
    t.equal(of(isGlobal, text), false, text)
  }
})

t.test('their neighbours are ordinary addresses', async t => {
  for (const text of [
    '1.0.0.0',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '192.0.3.0',
    '192.167.255.255',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
  ]) {
    t.equal(of(isExempt, text), false, text)
    t.equal(of(isGlobal, text), true, text)
  }
})
