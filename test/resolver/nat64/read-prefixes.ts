import t from 'tap'
import { formatCidr } from '../../../src/core/cidr.ts'
import { formatIp } from '../../../src/core/ip.ts'
import { readPrefixes } from '../../../src/resolver/nat64/read-prefixes.ts'
import { embed } from '../../../src/resolver/nat64/rfc6052.ts'
import { ip } from '../../fixtures/ip.ts'
import { nat64Prefix } from '../../fixtures/nat64-prefix.ts'

const read = (...addresses: string[]): string[] => readPrefixes(addresses).map(formatCidr)

/** What a DNS64 with this prefix says of ipv4only.arpa. */
const answerOf = (prefix: string, ...last: string[]): string[] =>
  (last.length > 0 ? last : ['170', '171']).map(each =>
    formatIp(embed(nat64Prefix(prefix), ip(`192.0.0.${each}`))),
  )

t.test('every length, by either address and by both', async t => {
  for (const prefix of [
    '2001:db8::/32',
    '2001:db8:100::/40',
    '2001:db8:122::/48',
    '2001:db8:122:300::/56',
    '2001:db8:122:344::/64',
    '2001:db8:122:344::/96',
    '2001:db8:122:344:0:99::/96',
    '64:ff9b::/96',
    '64:ff9b:1:fffe::/96',
  ]) {
    t.same(read(...answerOf(prefix)), [prefix])
    t.same(read(...answerOf(prefix, '170')), [prefix])
    t.same(read(...answerOf(prefix, '171')), [prefix])
  }
})

t.test('several prefixes stay in their order, each once', async t => {
  const [a, b, c] = ['2001:db8:2::/96', '64:ff9b::/96', '2001:db8:1::/48'] as const
  t.same(read(...answerOf(a), ...answerOf(b), ...answerOf(c)), [a, b, c])
  t.same(read(...answerOf(c, '171'), ...answerOf(a), ...answerOf(c, '170')), [c, a])
})

t.test('a prefix that holds a well-known address itself is told by the other one', async t => {
  // 192.0.0.170 stands in octets 4 to 7 of the prefix, and behind it once more.
  const prefix = '2001:db8:c000:aa::/96'
  t.same(read(...answerOf(prefix)), [prefix])
  t.same(read(...answerOf(prefix, '171')), [], 'one alone could be either')
  t.same(read(...answerOf(prefix, '170')), [], 'so could this')
  t.same(read(...answerOf(prefix, '170'), ...answerOf('64:ff9b::/96')), ['64:ff9b::/96'])
})

t.test('what is no prefix of a translator', async t => {
  t.same(read(), [])
  t.same(read('2001:db8::1', '2001:db8::192.0.0.172', 'nonsense', '192.0.0.170'), [])
  t.same(read('::ffff:192.0.0.170', '::192.0.0.171', '::ffff:0:192.0.0.170'), [], 'of ::/64')
  t.same(read('2001:db8:1:1:ff00:0:c000:aa'), [], 'an octet that is not zero')
  t.same(read('2001:db8:1:1:0:c0:0:aa01'), [], 'in no place of RFC 6052')
})
