import t from 'tap'
import { createPasswordChecker } from '../../src/auth/check-password.ts'
import type { Scrypt, ScryptParameters } from '../../src/auth/password-hash.ts'
import { formatPasswordHash } from '../../src/auth/password-hash.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const login = (user: string, password: string) => ({ user: bytes(user), password: bytes(password) })

/** Replaces scrypt: records its calls, and derives a predictable key. */
const createScrypt = () => {
  const calls: ScryptParameters[] = []
  const scrypt: Scrypt = async (password, salt, length, parameters) => {
    calls.push(parameters)
    const key = new Uint8Array(length)
    key.set(password.subarray(0, length))
    key[length - 1] = salt[0] ?? 0
    return key
  }
  return { calls, scrypt }
}

const hashOf = async (password: string, scrypt: Scrypt, logN = 4): Promise<string> => {
  const parameters = { logN, r: 8, p: 1 }
  const salt = new Uint8Array(16).fill(7)
  const hash = await scrypt(bytes(password), salt, 32, parameters)
  return formatPasswordHash({ parameters, salt, hash })
}

t.test('plain passwords cost no scrypt if no user has a hash', async t => {
  const { calls, scrypt } = createScrypt()
  const { slow, check } = createPasswordChecker(new Map([['alice', 'secret']]), scrypt)
  t.equal(slow, false)
  t.equal(await check(login('alice', 'secret')), 'alice')
  t.equal(await check(login('alice', 'secre')), null)
  t.equal(await check(login('alice', 'secret2')), null)
  t.equal(await check(login('bob', 'secret')), null)
  t.equal(calls.length, 0)
})

t.test('plain passwords of every length are compared whole', async t => {
  const { scrypt } = createScrypt()
  for (const length of [1, 253, 254, 255]) {
    const password = 'x'.repeat(length)
    const { check } = createPasswordChecker(new Map([['alice', password]]), scrypt)
    t.equal(await check(login('alice', password)), 'alice')
    for (const other of ['', password.slice(1), `${password}x`, `${password}\0`, 'x'.repeat(300)])
      t.equal(await check(login('alice', other)), null, `${other.length} instead of ${length}`)
    t.equal(await check(login('bob', '')), null)
  }
})

t.test('if any user has a hash, every check costs exactly one scrypt', async t => {
  const { calls, scrypt } = createScrypt()
  const users = new Map([
    ['alice', await hashOf('right', scrypt)],
    ['bob', 'plain'],
  ])
  const { slow, check } = createPasswordChecker(users, scrypt)
  t.equal(slow, true)
  const cases = [
    ['alice', 'right', 'alice'],
    ['alice', 'wrong', null],
    ['bob', 'plain', 'bob'],
    ['bob', 'wrong', null],
    ['nobody', 'right', null],
    ['', '', null],
  ] as const
  for (const [user, password, expected] of cases) {
    calls.length = 0
    t.equal(await check(login(user, password)), expected, `${user} with ${password}`)
    t.strictSame(calls, [{ logN: 4, r: 8, p: 1 }], 'with the same parameters')
  }
})

t.test('an unknown name always costs the same as one user', async t => {
  const { calls, scrypt } = createScrypt()
  const users = new Map([
    ['a', await hashOf('x', scrypt, 4)],
    ['b', await hashOf('x', scrypt, 5)],
  ])
  const { check } = createPasswordChecker(users, scrypt)
  const costs = new Set<number>()
  for (let i = 0; i < 64; i++) {
    calls.length = 0
    await check(login(`stranger${i}`, 'x'))
    await check(login(`stranger${i}`, 'y'))
    t.equal(calls[0]?.logN, calls[1]?.logN)
    costs.add(calls[0]?.logN ?? 0)
  }
  t.strictSame(
    [costs.has(4), costs.has(5), costs.size],
    [true, true, 2],
    'neither cost reveals that the name is unknown',
  )
})

t.test('names and passwords compare as bytes', async t => {
  const { check } = createPasswordChecker(new Map([['é', 'ü']]), createScrypt().scrypt)
  t.equal(await check(login('é', 'ü')), 'é')
  t.equal(await check({ user: Uint8Array.of(0xe9), password: bytes('ü') }), null, 'latin1')
  t.equal(await check({ user: bytes('é'), password: Uint8Array.of(0xfc) }), null)
  t.equal(await check(login('e\u0301', 'ü')), null, 'another form of the same letter')
})
