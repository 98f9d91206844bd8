import t from 'tap'
import { toAnswer } from '../../src/resolver/ares-answer.ts'

t.test('codes of c-ares that no server here causes, and odd records', async t => {
  const code = (text: string | undefined) =>
    toAnswer(Object.assign(new Error('no'), text === undefined ? {} : { code: text }), [])
  t.match(code('ETIMEOUT'), { code: 'ETIMEDOUT' })
  t.match(code('EBADRESP'), { code: 'EBADRESP' })
  t.match(code('ENOMEM'), { code: 'EBADRESP' })
  t.match(code(undefined), { code: 'EBADRESP' })
  t.match(toAnswer(null, []), { code: 'ENODATA' })
  t.match(toAnswer(null, [{ address: 'nonsense', ttl: 1 }]), { code: 'ENODATA' })
  const records = [
    { address: '192.0.2.1', ttl: 9 },
    { address: '192.0.2.2', ttl: 7 },
  ]
  t.match(toAnswer(null, records), { ok: true, ttl: 7 })
  t.match(toAnswer(null, [{ address: '192.0.2.1', ttl: -5 }]), { ttl: 0 }, 'RFC 2181 section 8')
})
