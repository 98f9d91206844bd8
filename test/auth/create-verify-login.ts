import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { createVerifyLogin } from '../../src/auth/create-verify-login.ts'
import { formatPasswordHash, hashPassword } from '../../src/auth/password-hash.ts'
import type { Scrypt } from '../../src/auth/scrypt.ts'
import { scrypt as realScrypt } from '../../src/auth/scrypt.ts'
import { heldBytes } from '../fixtures/collect-garbage.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const login = (user: string, password: string) => ({ user: bytes(user), password: bytes(password) })

/** A scrypt that answers when it is told to, and counts. */
const createSlowScrypt = () => {
  const waiting: (() => void)[] = []
  let calls = 0
  const scrypt: Scrypt = (password, _salt, length) =>
    new Promise(resolve => {
      calls++
      const key = new Uint8Array(length)
      key.set(password.subarray(0, length))
      waiting.push(() => resolve(key))
    })
  const release = async (): Promise<void> => {
    for (let run = waiting.shift(); run; run = waiting.shift()) {
      run()
      await turn()
    }
  }
  return { scrypt, release, calls: () => calls, running: () => waiting.length }
}

const padded = (password: string): Uint8Array => {
  const key = new Uint8Array(32)
  key.set(bytes(password))
  return key
}

const hashed = (password: string): string =>
  formatPasswordHash({
    parameters: { logN: 4, r: 8, p: 1 },
    salt: new Uint8Array(16),
    hash: padded(password),
  })

t.test('the real scrypt agrees with the real hash', async t => {
  let calls = 0
  const scrypt: Scrypt = (...words) => {
    calls++
    return realScrypt(...words)
  }
  const users = new Map([['alice', await hashPassword(bytes('right'))]])
  const verify = createVerifyLogin(users, { scrypt })
  const fifty = await Promise.all(Array.from({ length: 50 }, () => verify(login('alice', 'right'))))
  t.strictSame(new Set(fifty), new Set(['alice']))
  t.equal(calls, 1, 'fifty at once cost one')
  for (let i = 0; i < 50; i++) t.equal(await verify(login('alice', 'right')), 'alice')
  t.equal(calls, 1, 'and fifty in a row no more')
  t.equal(await verify(login('alice', 'wrong')), null)
  t.equal(calls, 2)
})

t.test('a wrong password is never remembered as right', async t => {
  const { scrypt, release, calls } = createSlowScrypt()
  const verify = createVerifyLogin(new Map([['alice', hashed('right')]]), { scrypt })
  for (let i = 1; i <= 3; i++) {
    const verdict = verify(login('alice', 'wrong'))
    await release()
    t.equal(await verdict, null)
    t.equal(calls(), i, 'each costs a scrypt')
  }
  const verdict = verify(login('alice', 'right'))
  await release()
  t.equal(await verdict, 'alice')
  const shifted = verify(login('alic', 'eright'))
  await release()
  t.equal(await shifted, null, 'the border between name and password counts')
})

t.test('two run at a time; beyond those who may wait, a login is refused', async t => {
  const { scrypt, release, calls, running } = createSlowScrypt()
  const verify = createVerifyLogin(new Map([['alice', hashed('right')]]), { scrypt, waiting: 3 })
  const verdicts = Array.from({ length: 5 }, (_, i) => verify(login('alice', `wrong${i}`)))
  await turn()
  t.equal(running(), 2)
  t.equal(calls(), 2)
  t.equal(await verify(login('alice', 'right')), null, 'one too many, right or not')
  await release()
  t.strictSame(await Promise.all(verdicts), [null, null, null, null, null])
  t.equal(calls(), 5)
  const later = verify(login('alice', 'right'))
  await release()
  t.equal(await later, 'alice', 'a refusal for lack of room is not remembered')
})

t.test('the oldest right login is forgotten, and costs a scrypt again', async t => {
  const { scrypt, release, calls } = createSlowScrypt()
  const users = new Map([
    ['a', hashed('x')],
    ['b', hashed('x')],
  ])
  const verify = createVerifyLogin(users, { scrypt, remembered: 1 })
  for (const user of ['a', 'b', 'a']) {
    const verdict = verify(login(user, 'x'))
    await release()
    t.equal(await verdict, user)
  }
  t.equal(calls(), 3)
})

t.test('where the system has no memory for scrypt, the login is refused', async t => {
  const scrypt: Scrypt = async () => {
    throw new Error('memory limit exceeded')
  }
  const verify = createVerifyLogin(new Map([['alice', hashed('right')]]), { scrypt })
  t.equal(await verify(login('alice', 'right')), null)
})

t.test('plain passwords need neither queue nor memory', async t => {
  const verify = createVerifyLogin(new Map([['\uFEFFalice', 'x']]), { atOnce: 1, waiting: 0 })
  const both = await Promise.all([verify(login('\uFEFFalice', 'x')), verify(login('b', 'x'))])
  t.strictSame(both, ['\uFEFFalice', null])
})

t.test('a remembered name keeps its first character', async t => {
  const { scrypt, release } = createSlowScrypt()
  const verify = createVerifyLogin(new Map([['\uFEFFalice', hashed('x')]]), { scrypt })
  const verdict = verify(login('\uFEFFalice', 'x'))
  await release()
  t.equal(await verdict, '\uFEFFalice')
  t.equal(await verify(login('\uFEFFalice', 'x')), '\uFEFFalice')
})

t.test('many wrong passwords leave no memory behind', async t => {
  const { scrypt, release } = createSlowScrypt()
  const verify = createVerifyLogin(new Map([['alice', hashed('right')]]), { scrypt })
  const before = heldBytes()
  for (let i = 0; i < 5000; i++) {
    const verdict = verify(login('alice', `wrong${i}`))
    await release()
    await verdict
  }
  const grownBytes = heldBytes() - before
  t.ok(grownBytes < 2e6, `${Math.round(grownBytes / 1e6)} MB`)
})
