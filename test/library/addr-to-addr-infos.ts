import t from 'tap'
import type { Addr } from '../../src/library/addr-to-addr-infos.ts'
import { addrToAddrInfos, readAddr } from '../../src/library/addr-to-addr-infos.ts'

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
