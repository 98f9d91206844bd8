import t from 'tap'
import {
  interleaveAddrInfos,
  keepOnly,
  popAddrInfosInterleave,
  removeAddrInfos,
} from '../../src/library/addr-info-lists.ts'
import type { AddrInfo } from '../../src/library/addr-info.ts'

const v6 = (n: number): AddrInfo => ({ family: 6, address: `2001:db8::${n}`, port: 80 })
const v4 = (n: number): AddrInfo => ({ family: 4, address: `192.0.2.${n}`, port: 80 })

void t.test('the families take turns, the one in front first', async t => {
  const list = [v6(1), v6(2), v6(3), v4(1)]
  t.same(interleaveAddrInfos(list), [v6(1), v4(1), v6(2), v6(3)])
  t.same(interleaveAddrInfos(list, 2), [v6(1), v6(2), v4(1), v6(3)])
  t.same(interleaveAddrInfos([v4(1), v4(2), v6(1)]), [v4(1), v6(1), v4(2)])
  t.same(list, [v6(1), v6(2), v6(3), v4(1)], 'the list itself stays')
  t.same(interleaveAddrInfos([]), [])
})

void t.test('0 leaves the order, in a new list', async t => {
  const list = [v6(1), v6(2), v4(1)]
  t.same(interleaveAddrInfos(list, 0), list)
  t.not(interleaveAddrInfos(list, 0), list)
  t.equal(interleaveAddrInfos(list)[0], list[0], 'the objects are the same')
})

void t.test('nonsense throws', async t => {
  t.throws(() => interleaveAddrInfos([v4(1)], -1), {
    code: 'ERR_INVALID_ARG',
    message: /^count is/,
  })
  t.throws(() => interleaveAddrInfos([{ ...v4(1), port: 70_000 }]), { message: /^addrInfos\[0\]/ })
})

const A: AddrInfo = { family: 6, address: '2001:db8::a', port: 80 }
const B: AddrInfo = { family: 6, address: '2001:db8::b', port: 80 }
const C: AddrInfo = { family: 4, address: '192.0.2.1', port: 80 }

const popped = (list: readonly AddrInfo[], interleave?: number): AddrInfo[] => {
  const copy = [...list]
  popAddrInfosInterleave(copy, interleave)
  return copy
}

void t.test('the first of each family go, one by default', async t => {
  t.same(popped([A, B, C]), [B])
  t.same(popped([A, B, C], 1), [B])
  t.same(popped([A, B, C], 2), [])
  t.same(popped([A, B, C], 0), [A, B, C])
  t.same(popped([C, A, C, B, C], 2), [C])
  t.same(popped([], 1), [])
})

void t.test('the same further on is kept', async t => {
  t.same(popped([A, A, C, C]), [A, C])
})

void t.test('nonsense throws and takes nothing', async t => {
  const list = [A]
  for (const count of [-1, 1.5, NaN, Infinity, '1' as unknown as number]) {
    t.throws(() => popAddrInfosInterleave(list, count), { code: 'ERR_INVALID_ARG' })
  }
  const bad = [A, null as unknown as AddrInfo]
  t.throws(() => popAddrInfosInterleave(bad), { message: /^addrInfos\[1\]/ })
  t.same([list, bad], [[A], [A, null]])
})

void t.test('in place, in order, however long', async t => {
  const list = Array.from({ length: 300_000 }, (_, i) => i)
  keepOnly(list, (item, i) => item === i && i % 2 === 1)
  t.equal(list.length, 150_000)
  t.same(list.slice(0, 3), [1, 3, 5])
  keepOnly(list, () => false)
  t.same(list, [])
})

void t.test('a test that throws leaves the list as it was', async t => {
  const list = [1, 2]
  const refuse = (): never => {
    throw new Error('no')
  }
  t.throws(() => keepOnly(list, refuse), { message: 'no' })
  t.same(list, [1, 2])
})

const LISTED_A: AddrInfo = { family: 6, address: '2001:db8::a', port: 80 }
const LISTED_B: AddrInfo = { family: 6, address: '2001:DB8:0::B', port: 80 }
const LISTED_C: AddrInfo = { family: 4, address: '192.0.2.1', port: 80 }

void t.test('every match goes, however it is spelt; the others are the same objects', async t => {
  const list = [LISTED_A, LISTED_B, LISTED_C, { ...LISTED_A, address: '2001:0db8::000a' }]
  removeAddrInfos(list, { address: '2001:db8:0:0:0:0:0:a', port: 80 })
  t.same(list, [LISTED_B, LISTED_C])
  t.equal(list[0], LISTED_B)
  removeAddrInfos(list, { address: '2001:db8::b', port: 80 })
  removeAddrInfos(list, LISTED_C)
  t.same(list, [])
})

void t.test('port and zone count', async t => {
  const zoned: AddrInfo = { family: 6, address: 'fe80::1', port: 80, zone: 'eth0' }
  const list = [zoned, LISTED_A]
  t.throws(() => removeAddrInfos(list, { address: 'fe80::1', port: 80 }))
  t.throws(() => removeAddrInfos(list, { address: '2001:db8::a', port: 81 }))
  removeAddrInfos(list, { address: 'fe80::1%eth0', port: 80 })
  t.same(list, [LISTED_A])
})

void t.test('one not in the list throws, and the list stays', async t => {
  const list = [LISTED_C]
  t.throws(() => removeAddrInfos(list, { address: '192.0.2.2', port: 80 }), {
    code: 'ERR_INVALID_ARG',
    message: "address is '192.0.2.2:80': one of the list (192.0.2.1:80) is allowed",
  })
  t.same(list, [LISTED_C])
  t.throws(() => removeAddrInfos([], LISTED_C), { message: /one of the list \(empty\)/ })
  t.throws(() => removeAddrInfos(list, 'text' as unknown as AddrInfo), { code: 'ERR_INVALID_ARG' })
  t.throws(() => removeAddrInfos(null as unknown as AddrInfo[], LISTED_C), {
    code: 'ERR_INVALID_ARG',
  })
})
