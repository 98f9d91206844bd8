import t from 'tap'
import {
  PROCESS_CLIENT,
  addWait,
  createRequester,
  settleAbandoned,
  leave,
  whenIdle,
} from '../../src/core/requester.ts'

t.test('what a requester waits for is dropped when it leaves, once', async t => {
  const requester = createRequester('192.0.2.1')
  const dropped: string[] = []
  addWait(requester, { drop: () => dropped.push('a') })
  addWait(requester, { drop: () => dropped.push('b') })
  t.same(dropped, [])
  leave(requester)
  t.same(dropped, ['a', 'b'])
  leave(requester)
  t.same(dropped, ['a', 'b'])
  t.equal(requester.left, true)
  t.equal(requester.waits, null, 'nothing is held')
})

t.test('it is free when nothing is abandoned any more', async t => {
  const requester = createRequester()
  t.equal(requester.client, PROCESS_CLIENT)
  let free = 0
  whenIdle(requester, () => free++)
  t.equal(free, 1, 'at once')
  requester.abandoned = 2
  whenIdle(requester, () => free++)
  settleAbandoned(requester)
  t.equal(free, 1)
  settleAbandoned(requester)
  t.equal(free, 2)
  requester.abandoned = 1
  settleAbandoned(requester)
  t.equal(free, 2, 'called once')
})
