import t from 'tap'
import { fail } from '../../../src/core/fail.ts'
import { refuseFault, refuseLogin, refuseMethods } from '../../../src/wire/socks5/refusal.ts'
import { hexOf } from '../../fixtures/socks-bytes.ts'

void t.test(
  'RFC 1928 section 3: no acceptable method is 05 FF, and the message says what was offered',
  async t => {
    const refusal = refuseMethods(Uint8Array.of(0, 1), true)
    t.equal(hexOf(refusal.bytes), '05ff')
    t.equal(refusal.reason, 'auth')
    t.notOk('reply' in refusal)
    t.equal(
      refusal.message,
      'the greeting offers only 0x00 0x01: 0x02 (user and password) is needed',
    )
    t.match(
      refuseMethods(Uint8Array.of(2), false).message,
      /only 0x02: 0x00 \(no login\) is needed/,
    )
    t.match(refuseMethods(new Uint8Array(0), false).message, /offers no method: /)
  },
)

void t.test('a long offer makes no long message', async t => {
  const { message } = refuseMethods(new Uint8Array(255).fill(9), false)
  t.match(message, /only( 0x09){8} and 247 more: /)
})

void t.test('RFC 1929 section 2: a bad login is 01 01', async t => {
  const refusal = refuseLogin()
  t.equal(hexOf(refusal.bytes), '0101')
  t.equal(refusal.reason, 'auth')
  for (const code of ['limit', 'banned'] as const) {
    const expected = { reason: code, message: 'too many', bytes: refusal.bytes }
    t.same(refuseLogin({ code, message: 'too many' }), expected)
  }
})

void t.test('a fault is turned away in the words of its stage', async t => {
  const fault = (code: 'ERR_SOCKS_VERSION' | 'ERR_SOCKS_COMMAND', reply?: 7) =>
    fail(code, 'what was found', { found: 0x04, ...(reply && { reply }) })
  t.same(refuseFault(fault('ERR_SOCKS_VERSION'), 'greeting'), {
    bytes: new Uint8Array(0),
    reason: 'version',
    message: 'what was found',
  })
  t.same(refuseFault(fault('ERR_SOCKS_VERSION'), 'login'), {
    bytes: Uint8Array.of(1, 1),
    reason: 'auth',
    message: 'what was found',
  })
  t.match(refuseFault(fault('ERR_SOCKS_VERSION'), 'request'), { reason: 'version', reply: 1 })
  t.match(refuseFault(fault('ERR_SOCKS_COMMAND', 7), 'request'), { reason: 'command', reply: 7 })
})

void t.test("what is not a client's fault is not hidden", async t => {
  const bug = new TypeError('a bug')
  const bugs = [
    bug,
    fail('ERR_BUG', 'another'),
    Object.assign(new Error('odd'), { code: 5 }),
    'text',
  ]
  for (const error of bugs) {
    try {
      refuseFault(error, 'request')
      t.fail('it was hidden')
    } catch (thrown) {
      t.equal(thrown, error)
    }
  }
  const late = fail('ERR_SOCKS_VERSION', 'late', { found: 4 })
  t.throws(() => refuseFault(late, 'verification'), late)
  t.throws(() => refuseFault(late, null), late)
})
