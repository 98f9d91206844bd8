import t from 'tap'
import { createRecentKeys } from '../../src/auth/recent-keys.ts'

t.test('forgets the key that was not used for longest', async t => {
  const keys = createRecentKeys(2)
  keys.add('a')
  keys.add('b')
  t.ok(keys.has('a'), 'asking counts as use')
  keys.add('c')
  t.notOk(keys.has('b'))
  t.ok(keys.has('a'))
  t.ok(keys.has('c'))
})

t.test('a key that is added again takes no second place', async t => {
  const keys = createRecentKeys(2)
  for (const key of ['a', 'b', 'b', 'b']) keys.add(key)
  t.ok(keys.has('a'))
  t.ok(keys.has('b'))
})
