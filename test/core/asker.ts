import t from 'tap'
import {
  PROCESS_CLIENT,
  addWait,
  createAsker,
  forgive,
  leave,
  whenFree,
} from '../../src/core/asker.ts'

t.test('what an asker waits for is dropped when it leaves, once', async t => {
  const asker = createAsker('192.0.2.1')
  const dropped: string[] = []
  addWait(asker, { drop: () => dropped.push('a') })
  addWait(asker, { drop: () => dropped.push('b') })
  t.same(dropped, [])
  leave(asker)
  t.same(dropped, ['a', 'b'])
  leave(asker)
  t.same(dropped, ['a', 'b'])
  t.equal(asker.left, true)
  t.equal(asker.waits, null, 'nothing is held')
})

t.test('it is free when nothing is owed any more', async t => {
  const asker = createAsker()
  t.equal(asker.client, PROCESS_CLIENT)
  let free = 0
  whenFree(asker, () => free++)
  t.equal(free, 1, 'at once')
  asker.owed = 2
  whenFree(asker, () => free++)
  forgive(asker)
  t.equal(free, 1)
  forgive(asker)
  t.equal(free, 2)
  asker.owed = 1
  forgive(asker)
  t.equal(free, 2, 'called once')
})
