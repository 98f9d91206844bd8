import t from 'tap'
import { formatCidr } from '../../../src/core/cidr.ts'
import { formatIp } from '../../../src/core/ip.ts'
import { createCache, createCachedQuery } from '../../../src/resolver/cache.ts'
import {
  SYSTEM_ANSWER_MAX_AGE_MS,
  createPrefixDiscovery,
  readPrefixes,
} from '../../../src/resolver/nat64/discover-prefix.ts'
import { embed } from '../../../src/resolver/nat64/translate.ts'
import { createQueryLoad } from '../../../src/resolver/query-load.ts'
import { CACHE_DEFAULTS } from '../../../src/resolver/resolver-options.ts'
import type { Answer, AnswerSource } from '../../../src/resolver/types.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { ip } from '../../fixtures/ip.ts'
import { nat64Prefix } from '../../fixtures/nat64-prefix.ts'
import { createScriptedSource } from '../../fixtures/scripted-query.ts'

const QUESTION = 'AAAA ipv4only.arpa'

const good = (address: string, source: AnswerSource = 'dns'): Answer => ({
  ok: true,
  addresses: [address],
  ttl: source === 'system' ? null : 60,
  source,
})

const setUp = () => {
  const clock = createHandClock()
  const scripted = createScriptedSource()
  const cached = createCachedQuery(
    scripted.source,
    createCache(CACHE_DEFAULTS, clock),
    createQueryLoad(),
  )
  const discovery = createPrefixDiscovery(cached.query, clock)
  const prefixes = async () => (await discovery.prefixes()).map(formatCidr)
  return { clock, ...scripted, ...discovery, prefixes, now: discovery.prefixes }
}

t.test('asked once, however many want it, and then known at once for its time to live', async t => {
  const { clock, asked, answer, prefixes, now } = setUp()
  const waiting = [prefixes(), prefixes(), prefixes()]
  answer(QUESTION, good('2001:db8:64::c000:aa'))
  for (const each of await Promise.all(waiting)) t.same(each, ['2001:db8:64::/96'])
  t.same(asked(), [QUESTION])
  clock.advance(59_000)
  const known = now()
  t.ok(Array.isArray(known), 'no promise')
  t.equal(now(), known, 'nor is it read anew')
  t.equal(asked().length, 1)
})

t.test('a prefix that changes is found when its time is over', async t => {
  const { clock, asked, answer, prefixes } = setUp()
  const first = prefixes()
  answer(QUESTION, good('2001:db8:64::c000:aa'))
  await first
  clock.advance(61_000)
  t.same(await prefixes(), ['2001:db8:64::/96'], 'stale, and refreshed meanwhile')
  t.equal(asked().length, 2)
  answer(QUESTION, good('2001:db8:65::c000:ab'))
  t.same(await prefixes(), ['2001:db8:65::/96'])
})

t.test('that there is none is kept, and so is a failure, for a shorter time', async t => {
  for (const [code, keptMs] of [
    ['ENODATA', CACHE_DEFAULTS.negativeTtlMs],
    ['ENOTFOUND', CACHE_DEFAULTS.negativeTtlMs],
    ['ETIMEDOUT', CACHE_DEFAULTS.failureTtlMs],
  ] as const) {
    const { clock, asked, answer, prefixes } = setUp()
    const first = prefixes()
    answer(QUESTION, { ok: false, code, source: 'dns', ttl: 3600 })
    t.same(await first, [])
    clock.advance(keptMs - 1)
    t.same(await prefixes(), [])
    t.equal(asked().length, 1)
    clock.advance(1)
    const again = prefixes()
    t.equal(asked().length, 2, code)
    answer(QUESTION, good('64:ff9b::c000:aa'))
    t.same(await again, ['64:ff9b::/96'])
  }
})

t.test("the C library's answer, which has no time to live, is believed for a while", async t => {
  const { clock, asked, answer, prefixes } = setUp()
  const first = prefixes()
  answer(QUESTION, good('2001:db8:64::c000:aa', 'system'))
  t.same(await first, ['2001:db8:64::/96'])
  clock.advance(SYSTEM_ANSWER_MAX_AGE_MS - 1)
  t.same(await prefixes(), ['2001:db8:64::/96'])
  t.equal(asked().length, 1)
  clock.advance(1)
  const second = prefixes()
  answer(QUESTION, { ok: false, code: 'ENOTFOUND', source: 'system' })
  t.same(await second, [])
  t.same(await prefixes(), [])
  t.equal(asked().length, 2)
})

t.test('a failure of the C library is not believed for long', async t => {
  const { clock, asked, answer, prefixes } = setUp()
  const first = prefixes()
  answer(QUESTION, { ok: false, code: 'ESERVFAIL', source: 'system' })
  t.same(await first, [])
  clock.advance(CACHE_DEFAULTS.failureTtlMs)
  const second = prefixes()
  t.equal(asked().length, 2)
  answer(QUESTION, good('2001:db8:64::c000:aa', 'system'))
  t.same(await second, ['2001:db8:64::/96'])
})

t.test('in another network the old answer is void, also one that is still to come', async t => {
  const { asked, answer, prefixes, forget } = setUp()
  const first = prefixes()
  answer(QUESTION, good('2001:db8:64::c000:aa', 'system'))
  await first
  forget()
  const second = prefixes()
  t.equal(asked().length, 2)
  forget()
  answer(QUESTION, good('2001:db8:65::c000:aa', 'system'))
  t.same(await second, ['2001:db8:65::/96'], 'who waits for it gets it')
  const third = prefixes()
  t.equal(asked().length, 3, 'nobody else does')
  answer(QUESTION, good('2001:db8:66::c000:aa', 'system'))
  t.same(await third, ['2001:db8:66::/96'])
})

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

t.test('a prefix that contains a well-known address itself is found by the other one', async t => {
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
