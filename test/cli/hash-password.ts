import t from 'tap'
import { createVerifyLogin } from '../../src/auth/create-verify-login.ts'
import { hashPassword } from '../../src/cli/hash-password.ts'
import { createFakeIo, inputOf } from '../fixtures/cli-io.ts'

t.test('prints a hash that opens with the password', async t => {
  const io = createFakeIo({ stdin: inputOf('secret\n') })
  t.equal(await hashPassword({}, io), 0)
  t.match(io.out(), /^\$scrypt\$ln=14,r=8,p=1\$[^\n]*\n$/)
  const verify = createVerifyLogin(new Map([['alice', io.out().trim()]]))
  const bytes = (text: string) => new TextEncoder().encode(text)
  const login = { user: bytes('alice'), password: bytes('secret') }
  const verdict = await new Promise(resolve => void verify(login, '192.0.2.1', resolve))
  t.same(verdict, { ok: true, user: 'alice' })
})
