import t from 'tap'
import type { AddrInfo } from '../../src/library/addr-info.ts'
import { popAddrInfosInterleave } from '../../src/library/pop-addr-infos-interleave.ts'

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
