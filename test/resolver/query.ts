import t from 'tap'
import { isNegative, saysOther } from '../../src/resolver/query.ts'
import type { Answer, LookupCode } from '../../src/resolver/types.ts'

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

t.test('another answer has other addresses, or none any longer', async t => {
  const of = (...addresses: string[]): Answer => ({ ok: true, addresses, ttl: 1, source: 'dns' })
  const no = (code: LookupCode): Answer => ({ ok: false, code, source: 'dns' })
  const [a, b, c] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const
  t.notOk(saysOther(of(a, b), of(a, b)))
  t.notOk(saysOther(of(a, b), of(b, a)), 'the order is nothing')
  t.ok(saysOther(of(a, b), of(a, c)))
  t.ok(saysOther(of(a, b), of(a)))
  t.ok(saysOther(of(a), of(a, b)))
  t.ok(saysOther(of(a), no('ENOTFOUND')))
  t.ok(saysOther(of(a), no('ENODATA')))
  t.ok(saysOther(no('ENODATA'), of(a)))
  t.notOk(saysOther(no('ENODATA'), no('ENOTFOUND')), 'still none')
  for (const code of ['ETIMEDOUT', 'ESERVFAIL', 'ECANCELLED'] as const) {
    t.notOk(saysOther(of(a), no(code)), `${code} says nothing`)
  }
})
