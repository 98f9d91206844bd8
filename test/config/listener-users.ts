import t from 'tap'
import { parseUsersFile } from '../../src/auth/users-file.ts'
import {
  NO_LOGINS,
  listenerUsers,
  usersFileParser,
  usersOfFile,
  withUsersFiles,
} from '../../src/config/listener-users.ts'
import { parseConfig } from '../../src/config/parse.ts'

const never = (): string => {
  throw new Error('nothing is read')
}

t.test('a listener without auth has no users', async t => {
  for (const listener of [{}, null, { auth: 5 }]) {
    t.strictSame(listenerUsers(listener, usersFileParser(never)), {
      logins: NO_LOGINS,
      findings: [],
    })
  }
})

t.test('listenerUsers joins users of the configuration and of the users file', async t => {
  const auth = { users: { alice: 'a' }, usersFile: 'u.txt' }
  const read = (path: string): string => (path === 'u.txt' ? 'bob:b\n' : '')
  const { logins, findings } = listenerUsers({ auth }, usersFileParser(read))
  t.strictSame(
    [...(logins.users ?? [])],
    [
      ['alice', 'a'],
      ['bob', 'b'],
    ],
  )
  t.strictSame(findings, [])
  const usersFile = { path: 'u.txt', others: new Map([['alice', 'a']]) }
  t.match(logins, { usersFile, revoke: false })
})

t.test('listenerUsers reports mistakes of auth and of the users file', async t => {
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
    const { findings } = listenerUsers({ auth }, usersFileParser(read))
    t.match(findings, expected, JSON.stringify(auth))
    t.equal(findings.length, expected.length)
  }
})

t.test('a users file is parsed once, and its users are shared', async t => {
  const asked: string[] = []
  const parse = usersFileParser(path => {
    asked.push(path)
    if (path === 'none') throw new Error('there is no such file')
    return 'bob:b'
  })
  const [one, two] = [1, 2].map(() => listenerUsers({ auth: { usersFile: 'u' } }, parse).logins)
  t.equal(one?.users?.get('bob'), 'b')
  t.equal(one?.users, two?.users)
  t.strictSame(asked, ['u'])
  const { findings } = listenerUsers({ auth: { usersFile: 'none' } }, parse)
  t.match(findings, [{ message: 'there is no such file' }])
})

t.test('revoke is read with the users', async t => {
  const auth = { users: { alice: 'a' }, revoke: true }
  t.match(listenerUsers({ auth }, usersFileParser(never)).logins, { usersFile: null, revoke: true })
})

t.test('a changed users file is joined with the users of the configuration', async t => {
  const file = { path: '/etc/users', others: new Map([['alice', 'a']]) }
  t.strictSame(
    usersOfFile(file, parseUsersFile('bob:c\n')),
    new Map([
      ['alice', 'a'],
      ['bob', 'c'],
    ]),
  )
  for (const [text, message] of [
    ['', '/etc/users: found no users; allowed: one name:password a line'],
    ['# bob:c', '/etc/users: found no users; allowed: one name:password a line'],
    ['bob:c\nalice:b', 'found the user "alice" here and in users; allowed: one of them'],
    ['x', '/etc/users:1: found a line without a colon; allowed: name:password'],
    [
      'x\na:b\ny',
      '/etc/users:1: found a line without a colon; allowed: name:password (and 1 more problem)',
    ],
    [
      'x\ny\nz',
      '/etc/users:1: found a line without a colon; allowed: name:password (and 2 more problems)',
    ],
  ] as const) {
    t.throws(() => usersOfFile(file, parseUsersFile(text)), { code: 'ERR_CONFIG', message }, text)
  }
  t.same([...file.others.keys()], ['alice'], 'the configuration itself does not change')
})

t.test('paths of users files are completed', async t => {
  const text = `{ listeners: [
    { protocol: forward, listen: 1, target: 'a:1' },
    { protocol: socks, listen: 2 },
    { protocol: socks, listen: 3, auth: { usersFile: u } },
  ] }`
  const config = parseConfig(text, 'test', { readUsersFile: () => 'a:b' })
  const { listeners } = withUsersFiles(config, path => `/etc/${path}`)
  t.same(
    listeners.map(each => (each.protocol === 'forward' ? null : each.usersFile)),
    [null, null, { path: '/etc/u', others: new Map() }],
  )
})
