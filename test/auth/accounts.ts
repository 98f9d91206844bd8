import t from 'tap'
import { createAccounts } from '../../src/auth/accounts.ts'

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
    const accounts = createAccounts(BEFORE)
    const before = [...BEFORE.keys()].map(accounts.of)
    t.same(
      before,
      [...BEFORE.keys()].map(user => ({ user, state: 'valid' })),
    )
    const users = new Map([
      ['new', 'a'],
      ['changed', 'B'],
      ['same', 'a'],
    ])
    accounts.change(users, revoke)
    t.same(
      before.map(account => account.state),
      ['valid', state, state],
    )
    t.equal(accounts.of('same'), before[0])
    t.not(accounts.of('changed'), before[1])
    t.same(
      [...users.keys()].map(accounts.of),
      [...users.keys()].map(user => ({ user, state: 'valid' })),
    )
  }
})

t.test('a user that comes back has another account', async t => {
  const accounts = createAccounts(BEFORE)
  const first = accounts.of('same')
  accounts.change(new Map(), true)
  accounts.change(BEFORE, true)
  t.equal(first.state, 'revoked')
  t.equal(accounts.of('same').state, 'valid')
})
