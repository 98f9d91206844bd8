import t from 'tap'
import { createRecentLogins } from '../../src/auth/recent-logins.ts'
import { accountOf } from '../fixtures/accounts.ts'

const alice = accountOf('alice')

t.test('drops the least recently used login', async t => {
  const logins = createRecentLogins(2)
  logins.add('a', alice)
  logins.add('b', alice)
  t.equal(logins.find('a'), alice, 'find counts as use')
  logins.add('c', alice)
  t.notOk(logins.find('b'))
  t.ok(logins.find('a'))
  t.ok(logins.find('c'))
})

t.test('a login that is added again is stored once', async t => {
  const logins = createRecentLogins(2)
  for (const key of ['a', 'b', 'b', 'b']) logins.add(key, alice)
  t.ok(logins.find('a'))
  t.ok(logins.find('b'))
})

t.test('a login whose account is not valid any more is forgotten', async t => {
  for (const state of ['removed', 'revoked'] as const) {
    const logins = createRecentLogins(2)
    const account = accountOf('bob')
    logins.add('a', account)
    account.state = state
    t.notOk(logins.find('a'))
    account.state = 'valid'
    t.notOk(logins.find('a'), 'for good')
  }
})
