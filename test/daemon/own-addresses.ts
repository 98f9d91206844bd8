import t from 'tap'
import type { ListenAddress } from '../../src/core/listen-address.ts'
import { createOwnAddresses } from '../../src/daemon/own-addresses.ts'

const at = (port: number): ListenAddress => ({ type: 'tcp', host: '127.0.0.1', port })

t.test('all addresses, in a new array only after a change', async t => {
  let bound = [at(1)]
  const { all, setOthers } = createOwnAddresses(() => bound)
  t.same(all(), [at(1)])
  t.equal(all(), all())
  bound = [at(2)]
  t.same(all(), [at(2)])
  setOthers([at(3)])
  t.same(all(), [at(2), at(3)])
  t.equal(all(), all())
  setOthers([])
  t.same(all(), [at(2)])
})
