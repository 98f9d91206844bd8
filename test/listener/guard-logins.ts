import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { LoginVerdict, VerifyLogin } from '../../src/auth/create-verify-login.ts'
import { createBans } from '../../src/listener/bans.ts'
import { guardLogins } from '../../src/listener/guard-logins.ts'
import { rightLogin } from '../fixtures/accounts.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

const LOGIN = { user: Uint8Array.of(1), password: Uint8Array.of(2) }
const WRONG: LoginVerdict = { ok: false, code: 'wrong' }
const RIGHT = rightLogin('eve')

const createRig = (perMinute = 2) => {
  const clock = createHandClock()
  const bans = createBans(clock, { perMinute, banMs: 60_000 }, () => {})
  const pending: ((verdict: LoginVerdict) => void)[] = []
  const left: number[] = []
  const inner: VerifyLogin = (_login, _client, settle) => {
    const place = pending.push(settle) - 1
    return { leave: () => void left.push(place), isWaiting: () => true }
  }
  const verify = guardLogins(inner, bans)
  const verdicts: LoginVerdict[] = []
  const ask = (client = '192.0.2.1') =>
    verify(LOGIN, client, verdict => void verdicts.push(verdict))
  return { clock, bans, pending, left, verdicts, ask }
}

t.test('wrong logins count, right ones and those without a check do not', async t => {
  const { bans, pending, verdicts, ask } = createRig()
  const unchecked: LoginVerdict = { ok: false, code: 'limit', message: 'too many' }
  for (const verdict of [WRONG, RIGHT, unchecked, unchecked]) {
    ask()
    pending.pop()?.(verdict)
    t.equal(verdicts.pop(), verdict)
  }
  t.equal(bans.refusal('192.0.2.1'), null)
  ask()
  pending.pop()?.(WRONG)
  t.equal(verdicts.pop(), WRONG, 'the login that causes the ban is wrong, and not refused')
  t.ok(bans.refusal('192.0.2.1'))
})

t.test('during a ban a right login is refused as a wrong one is, and unchecked', async t => {
  const { clock, pending, verdicts, ask } = createRig()
  for (let n = 0; n < 4; n++) ask()
  pending.shift()?.(WRONG)
  pending.shift()?.(WRONG)
  verdicts.length = 0
  pending.shift()?.(RIGHT)
  pending.shift()?.(WRONG)
  ask()
  t.equal(verdicts.length, 2, 'never before the call returns')
  await turn()
  t.equal(pending.length, 0)
  t.match(verdicts, [{ ok: false, code: 'banned', message: /banned for another 60 s/ }])
  t.same(verdicts, Array(3).fill(verdicts[0]), 'all of them alike')
  ask('192.0.2.2')
  pending.shift()?.(RIGHT)
  t.equal(verdicts.pop(), RIGHT, 'another client')
  clock.advance(60_000)
  ask()
  pending.shift()?.(RIGHT)
  t.equal(verdicts.pop(), RIGHT, 'when the ban is over')
})

t.test('a client that leaves is not answered', async t => {
  const { pending, left, verdicts, ask } = createRig(1)
  const asked = ask()
  t.ok(asked.isWaiting())
  asked.leave()
  t.same(left, [0])
  pending.shift()?.(WRONG)
  verdicts.length = 0
  const refused = ask()
  t.notOk(refused.isWaiting())
  refused.leave()
  await turn()
  t.same(verdicts, [])
})
