import t from 'tap'
import { synthesise, withEmbedded } from '../../../src/resolver/nat64/translate.ts'
import type { AnswerSource, PositiveAnswer } from '../../../src/resolver/types.ts'
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

t.test('of two prefixes the longer one tells, whatever their order', async t => {
  const inner = nat64Prefix('2001:db8:122::/96')
  const both = answer(['2001:db8:122::c000:221'])
  for (const prefixes of [
    [SHORT, inner],
    [inner, SHORT],
  ]) {
    t.same([...(withEmbedded(both, prefixes).embedded?.values() ?? [])], ['192.0.2.33'])
  }
})
