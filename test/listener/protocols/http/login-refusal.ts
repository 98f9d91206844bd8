import t from 'tap'
import { refuseHttpLogin } from '../../../../src/listener/protocols/http/login-refusal.ts'

const textOf = ({ answer }: { readonly answer: Uint8Array }): string =>
  Buffer.from(answer).toString('latin1')

t.test('a wrong login is asked for again', async t => {
  const refusal = refuseHttpLogin(undefined, false)
  t.match(refusal, { status: 407, reason: 'auth', message: 'unknown user or wrong password' })
  t.match(textOf(refusal), /^HTTP\/1.1 407 [^]*Proxy-Authenticate: Basic/)
})

t.test('one that was not checked says why, to clients of this host', async t => {
  const unchecked = { code: 'limit', message: 'too many logins wait' } as const
  const here = refuseHttpLogin(unchecked, true)
  t.match(here, { status: 503, reason: 'limit', message: 'too many logins wait' })
  t.match(textOf(here), /^HTTP\/1.1 503 [^]*\r\n\r\ntoo many logins wait/)
  const other = refuseHttpLogin(unchecked, false)
  t.equal(other.message, here.message)
  t.notMatch(textOf(other), /too many/)
  const banned = refuseHttpLogin({ ...unchecked, code: 'banned' }, false)
  t.equal(banned.reason, 'banned')
  t.equal(textOf(banned), textOf(other), 'the same answer')
})
