import { hostParts } from '../../src/library/host-parts.ts'
import { testLeavingNothing } from '../fixtures/nothing-left.ts'

testLeavingNothing('made once, and nothing is held open', async t => {
  const parts = hostParts()
  t.equal(hostParts(), parts)
  t.ok(parts.interfaces().names.size > 0)
  t.ok(parts.clock.now() > 0)
  t.type(parts.network.epoch(), 'number')
})
