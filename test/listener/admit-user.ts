import t from 'tap'
import type { Account } from '../../src/auth/accounts.ts'
import type { VerifyLogin } from '../../src/auth/create-verify-login.ts'
import { admitUser } from '../../src/listener/admit-user.ts'
import type { SessionState } from '../../src/listener/session-state.ts'
import { accountOf } from '../fixtures/accounts.ts'
import type { TestClient } from '../fixtures/listener.ts'
import { until } from '../fixtures/listener.ts'
import { FAILED, SUCCEEDED, byName, bytes, start } from '../fixtures/listener-start.ts'

/** Lets in everybody; equal names share an account. */
const verifyAll = (accounts: Map<string, Account>): VerifyLogin => {
  return ({ user }, _client, settle) => {
    const name = Buffer.from(user).toString()
    const account = accounts.get(name) ?? accountOf(name)
    accounts.set(name, account)
    setImmediate(settle, { ok: true, account })
    return { leave: () => {}, isWaiting: () => false }
  }
}

const logIn = async (client: TestClient, user: string): Promise<void> => {
  const name = Buffer.from(user)
  client.socket.write(bytes([5, 1, 2], [1, name.length], name, [1, 0x78]))
  t.same(await client.bytes(4), bytes(5, 2, 1, 0))
}

/** The reply to a request after a login. */
const replyTo = async (client: TestClient, host: string): Promise<Buffer> => {
  client.socket.write(byName(host))
  return (await client.bytes(14)).subarray(4)
}

t.test('what is decided about the user of a session', async t => {
  const asked: unknown[] = []
  let refusal: string | null = null
  const account = accountOf('eve')
  const assignUser = (...both: unknown[]): string | null => {
    asked.push(both)
    return refusal
  }
  const state = {
    live: { account: null as Account | null },
    countedUser: null,
    parts: { admission: { assignUser } },
  } as unknown as SessionState
  t.equal(admitUser(state), null, 'nobody has logged in')
  t.same(asked, [])
  state.live.account = account
  refusal = 'all are in use'
  t.match(admitUser(state), { reason: 'limit', failure: { outcome: 'limit', message: refusal } })
  t.equal(state.countedUser, null)
  refusal = null
  t.equal(admitUser(state), null)
  t.equal(state.countedUser, 'eve')
  t.same(asked, [
    ['eve', null],
    ['eve', null],
  ])
  for (const each of ['removed', 'revoked'] as const) {
    account.state = each
    t.match(admitUser(state), { reason: 'auth', failure: { outcome: 'denied' } })
  }
  t.equal(asked.length, 2)
})

t.test('a user has so many connections, and a refused one takes no place', async t => {
  const verify = verifyAll(new Map())
  const harness = await start(t, { verify, maxConnectionsPerUser: 1 })
  const first = await harness.connect()
  await logIn(first, 'eve')
  t.same(await replyTo(first, 'example.com'), SUCCEEDED)
  for (let n = 0; n < 2; n++) {
    const second = await harness.connect()
    await logIn(second, 'eve')
    t.same(await replyTo(second, 'example.com'), FAILED(1))
    const message = 'the only connection allowed to one user is in use'
    t.match(harness.of('rejected').at(-1), { reason: 'limit', message, user: 'eve', reply: 1 })
    second.socket.end()
    await second.over
  }
  const other = await harness.connect()
  await logIn(other, 'bob')
  t.same(await replyTo(other, 'example.com'), SUCCEEDED)
  first.socket.resetAndDestroy()
  await until('the end of the first', () => harness.of('close').length === 1)
  const third = await harness.connect()
  await logIn(third, 'eve')
  t.same(await replyTo(third, 'example.com'), SUCCEEDED, 'its place is free')
  third.socket.destroy()
  other.socket.destroy()
})

t.test('a failed race frees the place of its user', async t => {
  const harness = await start(t, { verify: verifyAll(new Map()), maxConnectionsPerUser: 1 })
  for (let n = 0; n < 3; n++) {
    const client = await harness.connect()
    await logIn(client, 'eve')
    t.same(await replyTo(client, 'nosuch.example'), FAILED(4))
    client.socket.end()
    await until('the end', () => harness.sessions.size() === 0)
  }
})

t.test('a login of which only the request is missing does not outlive its user', async t => {
  const accounts = new Map<string, Account>()
  const harness = await start(t, { verify: verifyAll(accounts) })
  const client = await harness.connect()
  await logIn(client, 'eve')
  const account = accounts.get('eve')
  if (account) account.state = 'removed'
  harness.sessions.endRevoked()
  t.same(await replyTo(client, 'example.com'), FAILED(2))
  t.match(harness.of('rejected'), [{ reason: 'auth', user: 'eve', reply: 2 }])
  t.same(harness.asked, [])
  client.socket.end()
})

t.test('connections of a revoked account are ended, wherever they are', async t => {
  const accounts = new Map<string, Account>()
  const harness = await start(t, { verify: verifyAll(accounts) })
  const piped = await harness.connect()
  await logIn(piped, 'eve')
  t.same(await replyTo(piped, 'example.com'), SUCCEEDED)
  const racing = await harness.connect()
  await logIn(racing, 'eve')
  racing.socket.write(byName('slow'))
  await until('the race', () => harness.dialled.includes('192.0.2.3'))
  const early = await harness.connect()
  await logIn(early, 'eve')
  const bystander = await harness.connect()
  await logIn(bystander, 'bob')
  t.same(await replyTo(bystander, 'example.com'), SUCCEEDED)
  const account = accounts.get('eve')
  if (account) account.state = 'revoked'
  harness.sessions.endRevoked()
  await Promise.all([piped, racing, early].map(({ over }) => over))
  await until('their ends', () => harness.sessions.size() === 1)
  t.match(
    harness.of('close').map(({ reason, user }) => ({ reason, user })),
    [
      { reason: 'revoked', user: 'eve' },
      { reason: 'revoked', user: 'eve' },
    ],
    'that in the pipe, and that without a request',
  )
  t.match(harness.of('race').at(-1), { outcome: 'aborted', user: 'eve' })
  harness.sessions.endAll()
  await bystander.over
  await until('the last end', () => harness.sessions.size() === 0)
  t.match(harness.of('close').at(-1), { reason: 'drain', user: 'bob' })
})
