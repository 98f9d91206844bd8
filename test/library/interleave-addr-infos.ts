import t from 'tap'
import type { AddrInfo } from '../../src/library/addr-info.ts'
import { interleaveAddrInfos } from '../../src/library/interleave-addr-infos.ts'

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
