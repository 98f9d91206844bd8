import t from 'tap'
import { createAccounts, removeAccounts } from '../../src/auth/accounts.ts'

const BEFORE = new Map([
  ['same', 'a'],
  ['changed', 'b'],
  ['gone', 'c'],
])

t.test('a user keeps the account as long as its password is written as before', async t => {
  for (const [revoke, state] of [
    [false, 'removed'],
    [true, 'revoked'],
  ] as const) {
    const before = createAccounts(BEFORE)
    const users = new Map([
      ['new', 'a'],
      ['changed', 'B'],
      ['same', 'a'],
    ])
    const after = createAccounts(users, before)
    const states = (): string[] => [...before.byName.values()].map(account => account.state)
    t.same(states(), ['valid', 'valid', 'valid'], 'nothing is removed yet')
    removeAccounts(before, after, revoke)
    t.same(states(), ['valid', state, state])
    t.equal(after.byName.get('same'), before.byName.get('same'))
    t.same(
      [...after.byName.values()],
      ['new', 'changed', 'same'].map(user => ({ user, state: 'valid' })),
    )
  }
})

t.test('a user that comes back has another account', async t => {
  const first = createAccounts(BEFORE)
  const second = createAccounts(new Map(), first)
  removeAccounts(first, second, true)
  const third = createAccounts(BEFORE, second)
  removeAccounts(second, third, true)
  t.equal(first.byName.get('same')?.state, 'revoked')
  t.equal(third.byName.get('same')?.state, 'valid')
})
