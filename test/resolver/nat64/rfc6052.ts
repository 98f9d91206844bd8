import fc from 'fast-check'
import t from 'tap'
import { formatIp, ipFromBytes } from '../../../src/core/ip.ts'
import { NAT64_PREFIX_LENGTHS, nat64PrefixOf } from '../../../src/core/nat64-prefix.ts'
import {
  WELL_KNOWN_PREFIX,
  embed,
  extract,
  isWellKnown,
} from '../../../src/resolver/nat64/rfc6052.ts'
import { ip } from '../../fixtures/ip.ts'
import { nat64Prefix } from '../../fixtures/nat64-prefix.ts'

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
