import t from 'tap'
import { parseIp } from '../../src/core/ip.ts'
import { addressTexts, isNegative, toAnswer, withoutIpv4 } from '../../src/resolver/answers.ts'
import type { ServerResult } from '../../src/resolver/dns/ask-server.ts'
import type { Answer, LookupCode } from '../../src/resolver/types.ts'
import { ADDRESSES_MAX } from '../../src/wire/dns/parse-response.ts'

const ips = (texts: readonly string[]) => texts.flatMap(text => parseIp(text) ?? [])

t.test('canonical texts in their order, without repeats, mapped ones unwrapped', async t => {
  t.same(
    addressTexts(
      ips(['2001:DB8:0::1', '192.0.2.1', '::ffff:192.0.2.1', '2001:db8::1', 'fe80::1%lo']),
    ),
    ['2001:db8::1', '192.0.2.1', 'fe80::1%lo'],
  )
  const many = Array.from({ length: 200 }, (_, i) => `192.0.2.${i}`)
  t.same(addressTexts(ips(many)), many.slice(0, ADDRESSES_MAX))
})

t.test('an answer without its IPv4 addresses', async t => {
  const answer = (addresses: string[]): Answer => ({ ok: true, addresses, ttl: 60, source: 'dns' })
  t.same(withoutIpv4(answer(['192.0.2.1', '2001:db8::1'])), answer(['2001:db8::1']))
  t.same(withoutIpv4(answer(['192.0.2.1'])), { ok: false, code: 'ENODATA', source: 'dns' })
  const stale = { ...answer(['192.0.2.1']), refreshing: true } as const
  t.match(withoutIpv4(stale), { code: 'ENODATA', refreshing: true })
  const plain = answer(['2001:db8::1'])
  t.equal(withoutIpv4(plain), plain)
  const none: Answer = { ok: false, code: 'ENOTFOUND', source: 'dns' }
  t.equal(withoutIpv4(none), none)
})

const addresses = (...texts: string[]) => texts.flatMap(text => parseIp(text) ?? [])
const answerTo = (said: Exclude<ServerResult, { type: 'alias' }>, ttlMax = Infinity) =>
  toAnswer(said, ttlMax)

t.test('addresses, for no longer than what led to them', async t => {
  const said = { type: 'addresses', addresses: addresses('2001:DB8::1', '::1'), ttl: 60 } as const
  t.same(answerTo(said), {
    ok: true,
    addresses: ['2001:db8::1', '::1'],
    ttl: 60,
    source: 'dns',
  })
  t.match(answerTo(said, 9), { ttl: 9 })
})

t.test('an IPv4-mapped address is the IPv4 address that it holds, once', async t => {
  const said = {
    type: 'addresses',
    addresses: addresses('::ffff:192.0.2.1', '::ffff:c000:0201', '2001:db8::1'),
    ttl: 60,
  } as const
  t.match(answerTo(said), { addresses: ['192.0.2.1', '2001:db8::1'] })
})

t.test('what does not exist, and for how long', async t => {
  const none = (exists: boolean, ttl: number | null) => ({ type: 'none', exists, ttl }) as const
  t.same(answerTo(none(true, 30)), { ok: false, code: 'ENODATA', source: 'dns', ttl: 30 })
  t.same(answerTo(none(false, 0)), { ok: false, code: 'ENOTFOUND', source: 'dns', ttl: 0 })
  t.same(answerTo(none(false, 30), 5), { ok: false, code: 'ENOTFOUND', source: 'dns', ttl: 5 })
  t.same(answerTo(none(false, null), 5), { ok: false, code: 'ENOTFOUND', source: 'dns' })
})

t.test('failures', async t => {
  const failure = (rcode: number): unknown => answerTo({ type: 'failure', rcode, edns: true })
  const codes = ['EFORMERR', 'ESERVFAIL', undefined, 'ENOTIMP', 'EREFUSED', 'EBADRESP', 'EBADRESP']
  for (const [i, code] of codes.entries()) {
    if (code !== undefined) t.same(failure(i + 1), { ok: false, code, source: 'dns' })
  }
  t.match(answerTo({ type: 'loop' }), { code: 'ESERVFAIL' })
  t.match(answerTo({ type: 'referral' }), { code: 'EREFUSED' })
  t.match(answerTo({ type: 'malformed' }), { code: 'EBADRESP' })
})

t.test('a socket that failed has the code of its error', async t => {
  const unreached = (code: string) => answerTo({ type: 'unreached', code })
  for (const [code, expected] of [
    ['ECONNREFUSED', 'ECONNREFUSED'],
    ['ECONNRESET', 'ECONNREFUSED'],
    ['ENETUNREACH', 'ENETUNREACH'],
    ['EHOSTUNREACH', 'EHOSTUNREACH'],
    ['EINVAL', 'EHOSTUNREACH'],
    ['EADDRNOTAVAIL', 'EADDRNOTAVAIL'],
    ['ENODEV', 'ENODEV'],
    ['EMFILE', 'EMFILE'],
    ['ENFILE', 'EMFILE'],
    ['ENOBUFS', 'EMFILE'],
  ] as const) {
    t.match(unreached(code), { code: expected }, code)
  }
})

t.test(
  'NXDOMAIN and no data are knowledge, everything else without an address is a failure',
  async t => {
    const ofCode = (code: LookupCode): Answer => ({ ok: false, code, source: 'dns' })
    t.ok(isNegative(ofCode('ENOTFOUND')))
    t.ok(isNegative(ofCode('ENODATA')))
    for (const code of ['ESERVFAIL', 'ETIMEDOUT', 'EREFUSED', 'ECANCELLED'] as const) {
      t.notOk(isNegative(ofCode(code)), code)
    }
    t.notOk(isNegative({ ok: true, addresses: ['192.0.2.1'], ttl: 1, source: 'dns' }))
  },
)
