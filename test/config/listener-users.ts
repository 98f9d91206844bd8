import t from 'tap'
import { listenerUsers } from '../../src/config/listener-users.ts'

const never = (): string => {
  throw new Error('nothing is read')
}

t.test('without auth nobody has to log in', async t => {
  for (const listener of [{}, null, { auth: 5 }]) {
    t.strictSame(listenerUsers(listener, never), { users: null, findings: [] })
  }
})

t.test('users of the configuration and of the file come together', async t => {
  const auth = { users: { alice: 'a' }, usersFile: 'u.txt' }
  const { users, findings } = listenerUsers({ auth }, path => (path === 'u.txt' ? 'bob:b\n' : ''))
  t.strictSame(
    [...(users ?? [])],
    [
      ['alice', 'a'],
      ['bob', 'b'],
    ],
  )
  t.strictSame(findings, [])
})

t.test('names what is wrong', async t => {
  const cases: readonly (readonly [object, () => string, object[]])[] = [
    [{}, never, [{ path: ['auth'], message: /found no users/ }]],
    [{ users: {} }, never, [{ path: ['auth'], message: /found no users/ }]],
    [{ usersFile: 'u' }, never, [{ path: ['auth', 'usersFile'], message: 'nothing is read' }]],
    [{ usersFile: 'u' }, () => '# empty', [{ message: /found no users/, where: 'u' }]],
    [{ usersFile: 'u' }, () => 'a:b\nx', [{ message: /without a colon/, where: 'u:2' }]],
    [{ users: { a: 'b' }, usersFile: 'u' }, () => 'a:c', [{ message: /"a" here and in users/ }]],
    [{ users: { a: 5 } }, never, []],
  ]
  for (const [auth, read, expected] of cases) {
    const { findings } = listenerUsers({ auth }, read)
    t.match(findings, expected, JSON.stringify(auth))
    t.equal(findings.length, expected.length)
  }
})
