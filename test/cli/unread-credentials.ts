import t from 'tap'
import { createUnreadCredentials } from '../../src/cli/unread-credentials.ts'
import { parseConfig } from '../../src/config/parse.ts'

const USERS = '/run/credentials/eyeballd.service/users'
const CONFIG = '/run/credentials/eyeballd.service/config'

const failing = (code: string) => (): never => {
  throw Object.assign(new Error(code), { code })
}

t.test('a credential that cannot be read has a stand-in, and is named once', async t => {
  for (const code of ['EACCES', 'ENOENT']) {
    const { readFile, paths } = createUnreadCredentials(failing(code), undefined)
    const text = new TextDecoder().decode(readFile(USERS))
    readFile(USERS)
    t.same(paths(), [USERS])
    const config = parseConfig(
      `{ listeners: [{ protocol: socks, listen: 1080, auth: { usersFile: '${USERS}' } }],
         admin: { listen: '127.0.0.1:9', tokenFile: '${USERS}' } }`,
      'test',
      { readUsersFile: () => text },
    )
    t.ok(config.admin.token, 'it is good for both')
  }
})

t.test('every other failure, and every other file, is as it was', async t => {
  const cases = [
    ['EACCES', '/etc/eyeballd/users', undefined],
    ['EACCES', CONFIG, CONFIG],
    ['EISDIR', USERS, undefined],
  ] as const
  for (const [code, path, file] of cases) {
    const { readFile, paths } = createUnreadCredentials(failing(code), file)
    t.throws(() => readFile(path), { code })
    t.same(paths(), [])
  }
  const bytes = Buffer.from('alice:secret\n')
  const { readFile, paths } = createUnreadCredentials(() => bytes, undefined)
  t.equal(readFile(USERS), bytes)
  t.same(paths(), [])
})
