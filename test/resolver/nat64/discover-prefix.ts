import t from 'tap'
import { formatCidr } from '../../../src/core/cidr.ts'
import { CACHE_DEFAULTS, createCache } from '../../../src/resolver/cache.ts'
import { createCachedQuery } from '../../../src/resolver/cached-query.ts'
import {
  SYSTEM_ANSWER_MAX_AGE_MS,
  createPrefixDiscovery,
} from '../../../src/resolver/nat64/discover-prefix.ts'
import { createQueryLoad } from '../../../src/resolver/query-load.ts'
import type { Answer, AnswerSource } from '../../../src/resolver/types.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
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
