import t from 'tap'
import type { ConnectTarget } from '../../src/library/connect-target.ts'
import { readTarget } from '../../src/library/connect-target.ts'

void t.test('a host and a port', async t => {
  t.same(readTarget({ host: 'example.com', port: 443 }), {
    host: 'example.com',
    port: 443,
    addresses: undefined,
  })
  t.match(readTarget({ host: '[2001:db8::1]', port: 1 }), { host: '2001:db8::1' })
  t.match(readTarget({ host: '192.0.2.1', port: 1 }), { host: '192.0.2.1' })
})

void t.test('addresses, with what an error names beside them', async t => {
  const address = { address: '192.0.2.1', family: 4, port: 443 }
  t.same(readTarget({ addresses: ['192.0.2.1:443'] }), {
    host: null,
    port: null,
    addresses: [address],
  })
  t.same(readTarget({ host: 'example.com', port: 443, addresses: ['192.0.2.1'] }), {
    host: 'example.com',
    port: 443,
    addresses: [address],
  })
})

void t.test('what makes no sense', async t => {
  const wrong = (target: unknown, name: string, message: RegExp): void =>
    void t.throws(() => readTarget(target as ConnectTarget), {
      name,
      code: 'ERR_INVALID_ARG',
      message,
    })
  wrong({}, 'TypeError', /^options\.host is undefined/)
  wrong({ host: 5, port: 1 }, 'TypeError', /^options\.host is 5/)
  wrong({ host: 'a..b', port: 1 }, 'RangeError', /^options\.host is 'a\.\.b': .*empty label/)
  wrong({ host: 'a' }, 'TypeError', /^options\.port is undefined/)
  wrong({ host: 'a', port: 0 }, 'RangeError', /^options\.port is 0/)
  wrong({ host: 5, addresses: ['192.0.2.1:1'] }, 'TypeError', /^options\.host/)
  wrong({ port: 0, addresses: ['192.0.2.1:1'] }, 'RangeError', /^options\.port/)
  wrong({ addresses: [] }, 'RangeError', /^options\.addresses is \[\]/)
  wrong({ addresses: ['192.0.2.1'] }, 'RangeError', /^options\.addresses\[0\].*with a port/)
})
