import fc from 'fast-check'
import t from 'tap'
import type { Addr } from '../../src/library/addr-info.ts'
import {
  addrToAddrInfos,
  canonicalText,
  checkPort,
  readAddr,
  readAddrInfo,
  readAddrInfos,
  toAddrInfo,
} from '../../src/library/addr-info.ts'

void t.test('an AddrInfo is read as canonical text with its zone', async t => {
  const v6 = { family: 6, port: 443 }
  for (const [given, address] of [
    [{ ...v6, address: '2001:DB8:0::1' }, '2001:db8::1'],
    [{ ...v6, address: 'fe80::1', zone: 'eth0' }, 'fe80::1%eth0'],
    [{ ...v6, address: 'fe80::1%eth0' }, 'fe80::1%eth0'],
    [{ ...v6, address: 'fe80::1%eth0', zone: 'eth0' }, 'fe80::1%eth0'],
    [{ ...v6, address: 'fe80::1', zone: undefined }, 'fe80::1'],
    [{ ...v6, address: '::ffff:192.0.2.1' }, '::ffff:192.0.2.1'],
    [{ family: 4, port: 443, address: '192.0.2.1' }, '192.0.2.1'],
  ] as const) {
    t.same(readAddrInfo(given, 'x'), { family: given.family, address, port: 443 })
  }
})

void t.test('what is none says what was found and what is allowed', async t => {
  const good = { family: 6, address: '2001:db8::1', port: 443 }
  for (const [found, message] of [
    [null, 'x is null: an object { family, address, port, zone? } is allowed'],
    ['192.0.2.1', /^x is '192\.0\.2\.1': an object/],
    [{ ...good, family: 4 }, 'x.family is 4: 6, the family of 2001:db8::1, is allowed'],
    [{ ...good, family: 'IPv6' }, /^x\.family is 'IPv6': 6/],
    [{ ...good, address: 'localhost' }, /^x\.address is 'localhost': an IP address/],
    [{ ...good, address: '[2001:db8::1]' }, /^x\.address is/],
    [{ ...good, address: undefined }, /^x\.address is undefined/],
    [{ ...good, zone: 'not a zone' }, /^x\.zone is 'not a zone': the name of an interface/],
    [{ ...good, zone: 7 }, /^x\.zone is 7/],
    [{ family: 4, address: '192.0.2.1', port: 1, zone: 'lo' }, /^x\.zone is 'lo'/],
    [{ ...good, address: 'fe80::1%lo', zone: 'eth0' }, /the zone in its address, or none,/],
    [{ ...good, port: 0 }, 'x.port is 0: a whole number from 1 to 65535 is allowed'],
    [{ ...good, port: 65_536 }, /^x\.port is 65536/],
    [{ ...good, port: '443' }, /^x\.port is '443'/],
    [{ ...good, port: 1.5 }, /^x\.port is 1\.5/],
  ] as const) {
    t.throws(() => readAddrInfo(found, 'x'), { code: 'ERR_INVALID_ARG', message })
  }
})

void t.test('port 0 where any free one makes sense', async t => {
  t.equal(checkPort(0, 'x', 0), 0)
  t.throws(() => checkPort(0, 'x', 1), { code: 'ERR_INVALID_ARG' })
  t.throws(() => checkPort(-1, 'x', 0), { code: 'ERR_INVALID_ARG' })
})

void t.test('a list says which of its items is wrong', async t => {
  const good = { family: 4, address: '192.0.2.1', port: 0 }
  t.same(readAddrInfos([good], 'x', 0), [good])
  t.same(readAddrInfos([], 'x'), [])
  t.throws(() => readAddrInfos([good, good], 'list', 1), { message: /^list\[0\]\.port is 0/ })
  t.throws(() => readAddrInfos('192.0.2.1', 'list'), { message: /an array of AddrInfo is allowed/ })
})

void t.test('there and back again', async t => {
  fc.assert(
    fc.property(
      fc.oneof(fc.ipV4(), fc.ipV6()),
      fc.integer({ min: 1, max: 65_535 }),
      fc.option(fc.constantFrom('eth0', 'lo', 'wlan-1'), { nil: undefined }),
      (address, port, zone) => {
        const family = address.includes(':') ? 6 : 4
        const zoned = family === 6 && zone !== undefined ? { zone } : {}
        const endpoint = readAddrInfo({ family, address, port, ...zoned }, 'x')
        const info = toAddrInfo(endpoint)
        t.same(readAddrInfo(info, 'x'), endpoint)
        t.equal(info.zone, zoned.zone)
        t.equal(canonicalText(info.address, info.zone, 'x'), endpoint.address)
      },
    ),
    { numRuns: 50 },
  )
})

void t.test('one address and port become a list of one', async t => {
  t.same(addrToAddrInfos({ address: '192.0.2.1', port: 43 }), [
    { family: 4, address: '192.0.2.1', port: 43 },
  ])
  t.same(addrToAddrInfos({ address: '2001:0db8:0::0', port: 0 }), [
    { family: 6, address: '2001:db8::', port: 0 },
  ])
  const zoned = [{ family: 6, address: 'fe80::1', port: 80, zone: 'eth0' }]
  t.same(addrToAddrInfos({ address: 'fe80::1', port: 80, zone: 'eth0' }), zoned)
  t.same(addrToAddrInfos({ address: 'fe80::1%eth0', port: 80 }), zoned)
})

void t.test('null stays null, and nothing else does', async t => {
  t.equal(addrToAddrInfos(null), null)
  for (const found of [
    undefined,
    '192.0.2.1',
    {},
    { address: 'example.com', port: 1 },
    { address: '192.0.2.1' },
    { address: 4, port: 1 },
  ]) {
    t.throws(() => addrToAddrInfos(found as unknown as Addr), { code: 'ERR_INVALID_ARG' })
  }
  t.throws(() => readAddr(7, 'x'), { message: /^x is 7: an object/ })
})
