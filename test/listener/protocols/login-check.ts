import t from 'tap'
import type { LoginVerdict, VerifyLogin } from '../../../src/auth/create-verify-login.ts'
import { createLoginCheck } from '../../../src/listener/protocols/login-check.ts'
import { rightLogin } from '../../fixtures/accounts.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'

const LOGIN = { user: Uint8Array.of(1), password: Uint8Array.of(2) }
const WRONG: LoginVerdict = { ok: false, code: 'wrong' }

const createRig = (authFailureDelayMs = 1000) => {
  const clock = createHandClock()
  const parts = { clock, waits: { authFailureDelayMs } }
  const said: unknown[] = []
  let settle: (verdict: LoginVerdict) => void = () => {}
  let isWaiting = true
  const verify: VerifyLogin = (login, client, done) => {
    said.push(['verify', login === LOGIN, client])
    settle = done
    return { leave: () => void said.push('leave'), isWaiting: () => isWaiting }
  }
  const check = createLoginCheck(
    verify,
    parts,
    {
      client: '192.0.2.9',
      loggedIn: ({ user }) => void said.push(['user', user]),
      stopTimer: () => void said.push('stop timer'),
    },
    (ok, unchecked) => void said.push(unchecked === undefined ? [ok] : [ok, unchecked]),
  )
  check.begin(LOGIN)
  const taken = (): unknown[] => said.splice(0)
  t.same(taken(), [['verify', true, '192.0.2.9']])
  return {
    clock,
    parts,
    check,
    taken,
    settle: (verdict: LoginVerdict) => {
      isWaiting = false
      settle(verdict)
    },
  }
}

t.test('a right login', async t => {
  const { check, settle, taken } = createRig()
  t.ok(check.isPending() && check.isQueued())
  settle(rightLogin('eve'))
  t.same(taken(), [['user', 'eve'], [true]])
  t.notOk(check.isPending() || check.isQueued() || check.hasFailed())
})

t.test(
  'a wrong login is settled after the delay, without the deadline of the handshake',
  async t => {
    const { clock, check, settle, taken } = createRig()
    settle(WRONG)
    t.same(taken(), ['stop timer'])
    t.ok(check.isPending() && check.hasFailed())
    clock.advance(999)
    t.same(taken(), [])
    clock.advance(1)
    t.same(taken(), [[false]])
    t.notOk(check.isPending())
  },
)

t.test('the delay is the one in force when the login turns out to be wrong', async t => {
  const { clock, parts, settle, taken } = createRig()
  parts.waits = { authFailureDelayMs: 5000 }
  settle(WRONG)
  taken()
  clock.advance(4999)
  t.same(taken(), [])
  clock.advance(1)
  t.same(taken(), [[false]])
})

t.test('without a delay it is settled at once', async t => {
  const { clock, settle, taken } = createRig(0)
  settle(WRONG)
  t.same(taken(), [[false]])
  t.equal(clock.pending(), 0)
})

t.test('a login that was not checked is not delayed', async t => {
  for (const code of ['limit', 'banned'] as const) {
    const { check, settle, taken } = createRig()
    settle({ ok: false, code, message: 'too many' })
    t.match(taken(), [[false, { code, message: 'too many' }]])
    t.notOk(check.hasFailed())
  }
})

t.test('after a stop nothing is settled, and no timer is left', async t => {
  for (const verdict of [WRONG, rightLogin('eve')] as const) {
    const { check, settle, taken } = createRig()
    check.stop()
    t.same(taken(), ['leave'])
    settle(verdict)
    t.same(taken(), [])
  }
  const { clock, check, settle, taken } = createRig()
  settle(WRONG)
  check.stop()
  t.equal(clock.pending(), 0)
  t.same(taken(), ['stop timer', 'leave'])
})
