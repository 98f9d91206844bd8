import t from 'tap'
import type { SortAddressesOptions } from '../../src/library/sort-addresses.ts'
import { sortAddresses } from '../../src/library/sort-addresses.ts'

void t.test('without sources: precedence, scope, and the order as it was', async t => {
  t.same(sortAddresses(['192.0.2.1', '2001:db8::1']), ['2001:db8::1', '192.0.2.1'], 'rule 6')
  t.same(sortAddresses(['2001:db8::1', 'fe80::1%eth0']), ['fe80::1%eth0', '2001:db8::1'], 'rule 8')
  const list = ['2001:db8::2', '2001:db8::1', '192.0.2.2', '192.0.2.1']
  t.same(sortAddresses(list), list, 'rule 10')
  t.not(sortAddresses(list), list)
  t.same(sortAddresses([]), [])
})

void t.test('the same objects come back', async t => {
  const four = { family: 4, address: '192.0.2.1', port: 443 } as const
  const six = { family: 6, address: 'fe80::1', port: 443, zone: 'eth0' } as const
  const sorted = sortAddresses([four, six])
  t.equal(sorted[0], six)
  t.equal(sorted[1], four)
})

void t.test('the examples of RFC 6724 section 10.2, by selection among sources', async t => {
  const policyTable = 'rfc6724'
  for (const [sources, list, first] of [
    [['2001:db8:1::2', 'fe80::1', '169.254.13.78'], ['2001:db8:1::1', '198.51.100.121'], 0],
    [['fe80::1', '198.51.100.117'], ['2001:db8:1::1', '198.51.100.121'], 1],
    [['2001:db8:1::2', 'fe80::1', '10.1.2.4'], ['2001:db8:1::1', '10.1.2.3'], 0],
    [['2001:db8:1::2', 'fe80::2'], ['2001:db8:1::1', 'fe80::1'], 1],
    [['2001:db8:1::2', '2001:db8:3f44::2', 'fe80::2'], ['2001:db8:1::1', '2001:db8:3ffe::1'], 0],
    [['2002:c633:6401::2', 'fe80::2'], ['2002:c633:6401::1', '2001:db8:1::1'], 0],
    [['2002:c633:6401::2', '2001:db8:1::2'], ['2002:c633:6401::1', '2001:db8:1::1'], 1],
  ] as const) {
    const options: SortAddressesOptions = { sources, policyTable }
    t.equal(sortAddresses(list, options)[0], list[first], list.join())
    t.equal(sortAddresses(list.toReversed(), options)[0], list[first], list.join())
  }
})

void t.test('no source for a family: it goes last (rule 1)', async t => {
  const list = ['2001:db8::1', '192.0.2.1']
  t.same(sortAddresses(list, { sources: ['192.0.2.77'] }), ['192.0.2.1', '2001:db8::1'])
  t.same(sortAddresses(list, { sources: [] }), list, 'none at all tells nothing apart')
})

void t.test('unique local addresses of this host, by the table `updated`', async t => {
  const list = ['2001:db8::1', 'fd00:1:2::1', '192.0.2.1']
  const sources = ['2001:db8::7', 'fd00:1:2::7', '192.0.2.7']
  t.equal(sortAddresses(list, { sources })[0], 'fd00:1:2::1')
  t.equal(sortAddresses(list, { sources, policyTable: 'rfc6724' })[0], '2001:db8::1')
})

void t.test('sourceFor says it itself', async t => {
  const list = ['2001:db8::1', '2001:db8::2', '192.0.2.1']
  const asked: string[] = []
  const sourceFor = (address: string) => {
    asked.push(address)
    if (address === '2001:db8::1') return null
    return address.includes(':')
      ? { address: '2001:db8::7', deprecated: true, prefixLength: 64 }
      : '192.0.2.7'
  }
  t.same(sortAddresses(list, { sourceFor }), ['192.0.2.1', '2001:db8::2', '2001:db8::1'])
  t.same(asked, list)
  const fd = 'fd00:1:2::1'
  const always = () => '2001:db8::7'
  t.same(sortAddresses([fd, '2001:db8::1'], { sourceFor: always }), ['2001:db8::1', fd])
  t.same(
    sortAddresses(['2001:db8::1', fd], {
      sourceFor: a => (a === fd ? 'fd00:1:2::9' : '2001:db8::7'),
      sources: [],
    }),
    [fd, '2001:db8::1'],
    'a source is an address of this host too',
  )
})

void t.test('nonsense throws', async t => {
  const is = (list: unknown, options: unknown, message: RegExp): void => {
    t.throws(() => sortAddresses(list as string[], options as SortAddressesOptions), {
      code: 'ERR_INVALID_ARG',
      message,
    })
  }
  is('192.0.2.1', {}, /^addresses is '192\.0\.2\.1'/)
  is(['example.com'], {}, /^addresses\[0\]\.address is 'example\.com'/)
  is([null], {}, /^addresses\[0\]\.address is undefined/)
  is(
    ['192.0.2.1'],
    { policyTable: 'mine' },
    /^options\.policyTable is 'mine': rfc6724, updated or linux/,
  )
  is(['192.0.2.1'], { sources: '192.0.2.7' }, /^options\.sources is/)
  is(['192.0.2.1'], { sources: [null] }, /^options\.sources\[0\]\.address is undefined/)
  is(['192.0.2.1'], { sources: ['eth0'] }, /^options\.sources\[0\]\.address is 'eth0'/)
  is(['192.0.2.1'], { sourceFor: '192.0.2.7' }, /^options\.sourceFor is/)
  is(['192.0.2.1'], { sourceFor: () => 'x' }, /^what options\.sourceFor returned\.address is 'x'/)
  for (const prefixLength of [-1, 129, 1.5, NaN]) {
    const sources = [{ address: '192.0.2.7', prefixLength }]
    is(['192.0.2.1'], { sources }, /prefixLength is .*: a whole number from 0 to 128/)
  }
})
