import t from 'tap'
import type { ConnectTarget } from '../../src/library/connect-target.ts'
import { readAddresses, readTarget } from '../../src/library/connect-target.ts'

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

void t.test('texts with a port, or with the one beside them, and AddrInfos', async t => {
  const info = { family: 6, address: 'fe80::2', port: 5, zone: 'eth0' } as const
  const texts = [
    '192.0.2.1',
    '192.0.2.1:443',
    '2001:DB8::1',
    '[2001:db8::1]',
    '[2001:db8::1]:443',
    'fe80::1%eth0',
    '[fe80::1%eth0]:443',
    '::ffff:192.0.2.1',
  ]
  t.same(
    readAddresses([...texts, info], 80).map(({ address, port }) => `${address} ${port}`),
    [
      '192.0.2.1 80',
      '192.0.2.1 443',
      '2001:db8::1 80',
      '2001:db8::1 80',
      '2001:db8::1 443',
      'fe80::1%eth0 80',
      'fe80::1%eth0 443',
      '::ffff:192.0.2.1 80',
      'fe80::2%eth0 5',
    ],
  )
  t.equal(readAddresses(['[2001:db8::1]:443'], undefined)[0]?.family, 6)
})

void t.test('anything else says which, and what is allowed', async t => {
  for (const text of [
    'example.com',
    'example.com:443',
    '192.0.2.1:0',
    '192.0.2.1:x',
    '[192.0.2.1]',
    '[192.0.2.1]:443',
    '[]',
    '',
    '[2001:db8::1',
  ]) {
    const message = new RegExp(`^options\\.addresses\\[1\\] is '.*': an AddrInfo or the text of`)
    t.throws(() => readAddresses(['192.0.2.1:1', text], 80), { code: 'ERR_INVALID_ARG', message })
  }
  t.throws(() => readAddresses(['192.0.2.1'], undefined), { message: /with `port` beside it/ })
  const bad = { family: 4, address: '192.0.2.1', port: 0 } as const
  t.throws(() => readAddresses([bad], 80), { message: /^options\.addresses\[0\]\.port is 0/ })
  for (const list of [[], null, '192.0.2.1']) {
    t.throws(() => readAddresses(list as string[], 80), { message: /a list of at least one/ })
  }
})
