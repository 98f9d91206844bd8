import t from 'tap'
import { tokenOfFile } from '../../src/config/admin-token.ts'
import { effectiveYaml } from '../../src/config/effective.ts'
import { parseConfig } from '../../src/config/parse.ts'

const never = (): never => {
  throw new Error('no file is named here')
}

const messages = (admin: unknown, text: string): readonly string[] => {
  const { token, findings } = tokenOfFile(admin, () => text)
  t.equal(token, null)
  return findings.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

t.test('the file has the token, and a line break at most', async t => {
  const paths: string[] = []
  for (const text of ['s3cret', 's3cret\n', 's3cret\r\n']) {
    const read = (path: string): string => {
      paths.push(path)
      return text
    }
    t.same(tokenOfFile({ tokenFile: 'a/b' }, read), { token: 's3cret', findings: [] })
  }
  t.same(paths, ['a/b', 'a/b', 'a/b'])
  for (const admin of [undefined, 5, {}, { token: 'x' }, { tokenFile: 7 }])
    t.same(tokenOfFile(admin, never), { token: null, findings: [] })
})

t.test('mistakes are said, without what the file has', async t => {
  const allowed = '1 to 255 visible ASCII characters without spaces'
  for (const text of ['', '\n', 'two words', 'a\nb', 'x\n\n', 'caf\u00e9', 'x'.repeat(256)])
    t.same(messages({ tokenFile: 'f' }, text), [
      `admin.tokenFile: f: found a text of another form; allowed: ${allowed}`,
    ])
  t.match(messages({ tokenFile: 'f', token: 'x' }, 'y'), [/and a token beside it; allowed: one/])
  const broken = tokenOfFile({ tokenFile: 'f' }, () => {
    throw new Error('f does not exist')
  })
  t.match(broken.findings, [{ message: 'f does not exist' }])
})

t.test('a configuration has the token, and shows where it is', async t => {
  const config = parseConfig("admin: { listen: '0.0.0.0:9', tokenFile: f }", 'test', {
    readUsersFile: () => 's3cret\n',
  })
  t.equal(config.admin.token, 's3cret')
  const shown = effectiveYaml(config)
  t.match(shown, /tokenFile: f/)
  t.notMatch(shown, /token:|s3cret/)
})
