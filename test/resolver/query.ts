import t from 'tap'
import { isNegative } from '../../src/resolver/query.ts'
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
