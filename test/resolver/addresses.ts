import t from 'tap'
import { parseIp } from '../../src/core/ip.ts'
import { ADDRESSES_MAX, addressTexts, withoutIpv4 } from '../../src/resolver/addresses.ts'
import type { Answer } from '../../src/resolver/types.ts'

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
