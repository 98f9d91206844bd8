import t from 'tap'
import { check } from '../../src/cli/check.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { createFakeIo, inputOf } from '../fixtures/cli-io.ts'

t.test('check prints the effective configuration', async t => {
  const io = createFakeIo({
    env: { EYEBALLD_LOG_LEVEL: 'debug' },
    readFile: path => Buffer.from(path === 'f' ? 'drainTimeout: 1s' : ''),
  })
  t.equal(await check({ file: 'f' }, io), 0)
  t.match(parseConfig(io.out(), 'printed'), { drainTimeoutMs: 1000, log: { level: 'debug' } })
})

t.test('check accepts -c FILE and EYEBALLD_CONFIG', async t => {
  const readFile = (path: string) => Buffer.from(path === 'f' ? 'drainTimeout: 1s' : '')
  const io = createFakeIo({ readFile })
  t.equal(await check({ config: 'f' }, io), 0)
  t.match(parseConfig(io.out(), 'printed'), { drainTimeoutMs: 1000 })
  await t.rejects(check({ config: 'f', file: 'g' }, createFakeIo({ readFile })), {
    code: 'ERR_CONFIG',
    message: '--config: found FILE (g) beside it; allowed: one of the two',
  })
})

t.test('check rejects an engine that this host does not have', async t => {
  const asked: string[] = []
  const io = createFakeIo({
    readFile: () => Buffer.from('pipe: { engine: splice }'),
    checkEngine: engine => {
      asked.push(engine)
      throw new Error('pipe.engine: found splice, which cannot run here: no koffi')
    },
  })
  await t.rejects(check({ file: 'f' }, io), {
    code: 'ERR_CONFIG',
    message: 'f: pipe.engine: found splice, which cannot run here: no koffi',
  })
  t.strictSame(asked, ['splice'])
  t.equal(io.out(), '')
})

t.test('check reads standard input for -', async t => {
  for (const args of [{ file: '-' }, { config: '-' }]) {
    const io = createFakeIo({ stdin: inputOf('drain', 'Timeout: 1s') })
    t.equal(await check(args, io), 0)
    t.match(parseConfig(io.out(), 'printed'), { drainTimeoutMs: 1000 })
  }
  await t.rejects(check({ file: '-' }, createFakeIo({ stdin: inputOf('a: 1\nb: 2') })), {
    code: 'ERR_CONFIG',
    message: /^<stdin>:1:1: a: is not a key.*\n<stdin>:2:1: b: /,
  })
  const users = 'listeners: { protocol: socks, listen: 1080, auth: { usersFile: u } }'
  const io = createFakeIo({ stdin: inputOf(users), readFile: () => Buffer.from('alice:secret') })
  t.equal(await check({ file: '-' }, io), 0, 'other files are read as ever')
  t.match(io.out(), /auth:\n +usersFile: \/.*\/u\n/)
})

t.test('check prints the defaults without a file, and throws for a wrong one', async t => {
  const io = createFakeIo()
  t.equal(await check({}, io), 0)
  t.strictSame(parseConfig(io.out(), 'printed'), parseConfig('', 'none'))
  await t.rejects(check({ file: 'none' }, createFakeIo()), {
    code: 'ERR_CONFIG',
    message: /no such file/,
  })
  await t.rejects(check({ file: '' }, createFakeIo()), { code: 'ERR_CONFIG', message: /FILE/ })
})

t.test(
  'check leaves out credentials of systemd that only the service can read, and says so',
  async t => {
    const path = '/run/credentials/eyeballd.service/token'
    const io = createFakeIo({
      readFile: asked => {
        if (asked === 'f') return Buffer.from(`admin: { listen: 127.0.0.1:9, tokenFile: ${path} }`)
        throw Object.assign(new Error('denied'), { code: 'EACCES' })
      },
    })
    t.equal(await check({ file: 'f' }, io), 0)
    t.match(io.out(), `tokenFile: ${path}`)
    t.equal(io.err(), `not checked, because systemd shows them to the service alone: ${path}\n`)
  },
)
