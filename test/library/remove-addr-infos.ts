import t from 'tap'
import type { AddrInfo } from '../../src/library/addr-info.ts'
import { removeAddrInfos } from '../../src/library/remove-addr-infos.ts'

const A: AddrInfo = { family: 6, address: '2001:db8::a', port: 80 }
const B: AddrInfo = { family: 6, address: '2001:DB8:0::B', port: 80 }
const C: AddrInfo = { family: 4, address: '192.0.2.1', port: 80 }

void t.test('every match goes, however it is spelt; the others are the same objects', async t => {
  const list = [A, B, C, { ...A, address: '2001:0db8::000a' }]
  removeAddrInfos(list, { address: '2001:db8:0:0:0:0:0:a', port: 80 })
  t.same(list, [B, C])
  t.equal(list[0], B)
  removeAddrInfos(list, { address: '2001:db8::b', port: 80 })
  removeAddrInfos(list, C)
  t.same(list, [])
})

void t.test('port and zone count', async t => {
  const zoned: AddrInfo = { family: 6, address: 'fe80::1', port: 80, zone: 'eth0' }
  const list = [zoned, A]
  t.throws(() => removeAddrInfos(list, { address: 'fe80::1', port: 80 }))
  t.throws(() => removeAddrInfos(list, { address: '2001:db8::a', port: 81 }))
  removeAddrInfos(list, { address: 'fe80::1%eth0', port: 80 })
  t.same(list, [A])
})

void t.test('one not in the list throws, and the list stays', async t => {
  const list = [C]
  t.throws(() => removeAddrInfos(list, { address: '192.0.2.2', port: 80 }), {
    code: 'ERR_INVALID_ARG',
    message: "address is '192.0.2.2:80': one of the list (192.0.2.1:80) is allowed",
  })
  t.same(list, [C])
  t.throws(() => removeAddrInfos([], C), { message: /one of the list \(empty\)/ })
  t.throws(() => removeAddrInfos(list, 'text' as unknown as AddrInfo), { code: 'ERR_INVALID_ARG' })
  t.throws(() => removeAddrInfos(null as unknown as AddrInfo[], C), { code: 'ERR_INVALID_ARG' })
})
