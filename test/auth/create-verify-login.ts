import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { Account } from '../../src/auth/accounts.ts'
import type { LoginVerdict, VerifyLoginOptions } from '../../src/auth/create-verify-login.ts'
import type { Users } from '../../src/auth/users-file.ts'
import { createVerifyLogin } from '../../src/auth/create-verify-login.ts'
import type { Scrypt } from '../../src/auth/password-hash.ts'
import {
  formatPasswordHash,
  hashPassword,
  scrypt as realScrypt,
} from '../../src/auth/password-hash.ts'
import type { Login } from '../../src/core/login.ts'
import { createTurns } from '../../src/core/turns.ts'
import { heldBytes } from '../fixtures/collect-garbage.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const login = (user: string, password: string) => ({ user: bytes(user), password: bytes(password) })

const FLOOD = '192.0.2.66'

/** Logins as promises: the user, `wrong` or `limit`. */
const createAsk = (users: Users, options?: VerifyLoginOptions) => {
  const { verify, change } = createVerifyLogin(users, options)
  const ask = (each: Login, client = '192.0.2.1'): Promise<string> =>
    new Promise(resolve => {
      verify(each, client, verdict => resolve(verdict.ok ? verdict.account.user : verdict.code))
    })
  return Object.assign(ask, { change })
}

/** A scrypt that the test settles by hand, with a counter. */
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
  const verify = createAsk(users, { scrypt })
  const fifty = await Promise.all(Array.from({ length: 50 }, () => verify(login('alice', 'right'))))
  t.strictSame(new Set(fifty), new Set(['alice']))
  t.equal(calls, 1, 'fifty concurrent logins cost one scrypt')
  for (let i = 0; i < 50; i++) t.equal(await verify(login('alice', 'right')), 'alice')
  t.equal(calls, 1, 'fifty more logins cost none')
  t.equal(await verify(login('alice', 'wrong')), 'wrong')
  t.equal(calls, 2)
})

t.test('a wrong password is never cached as right', async t => {
  const { scrypt, release, calls } = createSlowScrypt()
  const verify = createAsk(new Map([['alice', hashed('right')]]), { scrypt })
  for (let i = 1; i <= 3; i++) {
    const verdict = verify(login('alice', 'wrong'))
    await release()
    t.equal(await verdict, 'wrong')
    t.equal(calls(), i, 'each costs a scrypt')
  }
  const verdict = verify(login('alice', 'right'))
  await release()
  t.equal(await verdict, 'alice')
  const shifted = verify(login('alic', 'eright'))
  await release()
  t.equal(await shifted, 'wrong', 'the border between name and password counts')
})

t.test('two verifications run at a time; a login above the queue limit is refused', async t => {
  const { scrypt, release, calls, running } = createSlowScrypt()
  const verify = createAsk(new Map([['alice', hashed('right')]]), {
    scrypt,
    turns: createTurns({ max: 2, waitingMax: 3, ratio: 2 }),
  })
  const verdicts = Array.from({ length: 5 }, (_, i) => verify(login('alice', `wrong${i}`)))
  await turn()
  t.equal(running(), 2)
  t.equal(calls(), 2)
  t.equal(await verify(login('alice', 'right')), 'limit', 'a login above the limit, right or wrong')
  await release()
  t.strictSame(await Promise.all(verdicts), Array(5).fill('wrong'))
  t.equal(calls(), 5)
  const later = verify(login('alice', 'right'))
  await release()
  t.equal(await later, 'alice', 'a refusal for a full queue is not cached')
})

t.test('the oldest cached login is dropped, and costs a scrypt again', async t => {
  const { scrypt, release, calls } = createSlowScrypt()
  const users = new Map([
    ['a', hashed('x')],
    ['b', hashed('x')],
  ])
  const verify = createAsk(users, { scrypt, remembered: 1 })
  for (const user of ['a', 'b', 'a']) {
    const verdict = verify(login(user, 'x'))
    await release()
    t.equal(await verdict, user)
  }
  t.equal(calls(), 3)
})

t.test('a login is refused if the system has no memory for scrypt', async t => {
  const scrypt: Scrypt = async () => {
    throw new Error('memory limit exceeded')
  }
  const verify = createAsk(new Map([['alice', hashed('right')]]), { scrypt })
  t.equal(await verify(login('alice', 'right')), 'limit')
})

t.test('plain passwords need neither queue nor memory', async t => {
  const verify = createAsk(new Map([['\uFEFFalice', 'x']]), {
    turns: createTurns({ max: 1, waitingMax: 0 }),
  })
  const both = await Promise.all([verify(login('\uFEFFalice', 'x')), verify(login('b', 'x'))])
  t.strictSame(both, ['\uFEFFalice', 'wrong'])
})

t.test('a cached name keeps a leading byte order mark', async t => {
  const { scrypt, release } = createSlowScrypt()
  const verify = createAsk(new Map([['\uFEFFalice', hashed('x')]]), { scrypt })
  const verdict = verify(login('\uFEFFalice', 'x'))
  await release()
  t.equal(await verdict, '\uFEFFalice')
  t.equal(await verify(login('\uFEFFalice', 'x')), '\uFEFFalice')
})

t.test('many wrong passwords take no memory', async t => {
  const { scrypt, release } = createSlowScrypt()
  const verify = createAsk(new Map([['alice', hashed('right')]]), { scrypt })
  const before = heldBytes()
  for (let i = 0; i < 5000; i++) {
    const verdict = verify(login('alice', `wrong${i}`))
    await release()
    await verdict
  }
  const grownBytes = heldBytes() - before
  t.ok(grownBytes < 2e6, `${Math.round(grownBytes / 1e6)} MB`)
})

t.test('a client that floods does not delay the others', async t => {
  const { scrypt, release } = createSlowScrypt()
  const verify = createAsk(new Map([['alice', hashed('right')]]), { scrypt })
  const flood = Array.from({ length: 500 }, (_, i) => verify(login(`user${i}`, 'x'), FLOOD))
  const right = verify(login('alice', 'right'))
  await release()
  t.equal(await right, 'alice')
  const verdicts = await Promise.all(flood)
  t.equal(
    verdicts.filter(each => each === 'wrong').length,
    129,
    'two, and those who may wait but one',
  )
  t.ok(
    verdicts.slice(130).every(each => each === 'limit'),
    'its newest',
  )
})

t.test('equal logins of two clients are refused independently', async t => {
  const { scrypt, release, calls } = createSlowScrypt()
  const turns = createTurns({ max: 1, waitingMax: 2 })
  const verify = createAsk(new Map([['alice', hashed('right')]]), { scrypt, turns })
  const first = verify(login('a', 'x'), FLOOD)
  const waiting = verify(login('b', 'x'), FLOOD)
  const theirs = verify(login('alice', 'right'), FLOOD)
  const ours = [verify(login('alice', 'right')), verify(login('alice', 'right'))]
  t.equal(await theirs, 'limit')
  await release()
  t.same(await Promise.all([first, waiting]), ['wrong', 'wrong'])
  t.same(await Promise.all(ours), ['alice', 'alice'])
  t.equal(calls(), 3, 'equal logins of one client are one')
})

t.test('two waiting clients with the same right login cost one scrypt', async t => {
  const { scrypt, release, calls } = createSlowScrypt()
  const turns = createTurns({ max: 1, waitingMax: 2 })
  const verify = createAsk(new Map([['alice', hashed('right')]]), { scrypt, turns })
  const all = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(each =>
    verify(login('alice', 'right'), each),
  )
  await release()
  t.same(await Promise.all(all), ['alice', 'alice', 'alice'])
  t.equal(calls(), 1)
  t.equal(turns.active() + turns.waiting(), 0)
})

t.test('a login that leaves frees its turn, and is not settled', async t => {
  const { scrypt, release, calls } = createSlowScrypt()
  const turns = createTurns({ max: 1, waitingMax: 10 })
  const { verify } = createVerifyLogin(new Map([['alice', hashed('right')]]), { scrypt, turns })
  const settled: string[] = []
  const ask = (name: string, who: string) =>
    verify(login(name, 'x'), FLOOD, () => settled.push(who))
  const running = ask('a', 'running')
  const alone = ask('b', 'alone')
  const one = ask('c', 'one of two')
  ask('c', 'the other')
  t.same(
    [running, alone, one].map(({ isWaiting }) => isWaiting()),
    [false, true, true],
  )
  t.equal(turns.waiting(), 2)
  for (const { leave } of [running, alone, one]) leave()
  t.equal(turns.waiting(), 1)
  t.equal(turns.active(), 1, 'a running scrypt cannot be cancelled')
  await release()
  await turn()
  t.same(settled, ['the other'])
  t.equal(calls(), 2)
  t.equal(turns.active() + turns.waiting(), 0)
})

t.test('a login is never settled before the call returns', async t => {
  const { verify } = createVerifyLogin(new Map([['alice', hashed('right')]]), {
    turns: createTurns({ max: 1, waitingMax: 0 }),
    scrypt: () => new Promise(() => {}),
  })
  verify(login('a', 'x'), FLOOD, () => {})
  let settled = false
  const { leave } = verify(login('b', 'x'), FLOOD, () => (settled = true))
  t.notOk(settled)
  leave()
  await turn()
  t.notOk(settled)
})

t.test('other users: cached logins stay for those whose password is written as before', async t => {
  const { scrypt, release, calls } = createSlowScrypt()
  const alice = ['alice', hashed('x')] as const
  const verify = createAsk(new Map([alice, ['bob', hashed('y')]]), { scrypt })
  const ask = async (user: string, password: string): Promise<string> => {
    const verdict = verify(login(user, password))
    await release()
    return verdict
  }
  t.same([await ask('alice', 'x'), await ask('bob', 'y')], ['alice', 'bob'])
  verify.change(new Map([alice, ['carol', hashed('z')]]), false)
  t.equal(calls(), 2)
  t.equal(await verify(login('alice', 'x')), 'alice')
  t.equal(calls(), 2, 'without another scrypt')
  t.equal(await ask('bob', 'y'), 'wrong')
  t.equal(await ask('carol', 'z'), 'carol')
  verify.change(new Map([['alice', hashed('w')]]), false)
  t.equal(await ask('alice', 'x'), 'wrong')
  t.equal(await ask('alice', 'w'), 'alice')
  verify.change(new Map([alice]), false)
  t.equal(await ask('alice', 'x'), 'alice', 'back to the old password')
  t.equal(calls(), 7, 'which costs a scrypt again')
})

t.test('a verification that runs while its user is removed ends as wrong', async t => {
  const { scrypt, release, running } = createSlowScrypt()
  const alice = ['alice', hashed('x')] as const
  const verify = createAsk(new Map([alice, ['bob', hashed('y')]]), { scrypt })
  const both = [verify(login('alice', 'x')), verify(login('bob', 'y'))]
  t.equal(running(), 2)
  verify.change(new Map([alice]), false)
  await release()
  t.same(await Promise.all(both), ['alice', 'wrong'])
})

t.test('a login after a change does not get the verdict of one before it', async t => {
  const { scrypt, release } = createSlowScrypt()
  const verify = createAsk(new Map([['alice', hashed('old')]]), { scrypt })
  const before = verify(login('alice', 'new'))
  verify.change(new Map([['alice', hashed('new')]]), false)
  const after = verify(login('alice', 'new'))
  await release()
  t.same(await Promise.all([before, after]), ['wrong', 'alice'])
})

t.test('plain passwords can be replaced, too, and by hashes', async t => {
  const { scrypt, release } = createSlowScrypt()
  const verify = createAsk(new Map([['alice', 'x']]), { scrypt })
  t.equal(await verify(login('alice', 'x')), 'alice')
  const ending = verify(login('alice', 'x'))
  verify.change(new Map([['alice', 'y']]), false)
  t.equal(await ending, 'wrong')
  t.equal(await verify(login('alice', 'y')), 'alice')
  verify.change(new Map([['alice', hashed('z')]]), false)
  const verdict = verify(login('alice', 'z'))
  await release()
  t.equal(await verdict, 'alice')
})

t.test('connections get the account of their login, and learn whether it is revoked', async t => {
  const users = new Map([
    ['alice', 'x'],
    ['bob', 'y'],
  ])
  for (const revoke of [false, true]) {
    const { verify, change } = createVerifyLogin(users)
    const accounts = await Promise.all(
      [...users].map(
        ([user, password]) =>
          new Promise<Account | null>(resolve => {
            const settle = (verdict: LoginVerdict): void =>
              resolve(verdict.ok ? verdict.account : null)
            verify(login(user, password), FLOOD, settle)
          }),
      ),
    )
    change(new Map([['alice', 'x']]), revoke)
    t.same(
      accounts.map(account => account?.state),
      ['valid', revoke ? 'revoked' : 'removed'],
    )
  }
})
