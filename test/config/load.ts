import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { configFile, configLoader } from '../../src/config/load.ts'
import { COMPILED } from '../fixtures/compiled.ts'

const loadConfig = async (...options: Parameters<typeof configLoader>) =>
  (await configLoader(...options))()

const USERS =
  'listeners: [{ protocol: socks, listen: 127.0.0.1:1, auth: { usersFile: users.txt } }]'

t.test('configLoader loads the defaults without a file', async t => {
  t.equal((await loadConfig()).listeners[0]?.name, 'mixed-1080')
  t.equal((await loadConfig({ file: '', env: { EYEBALLD_CONFIG: ' ' } })).drainTimeoutMs, 30_000)
})

t.test('the given file overrides EYEBALLD_CONFIG', async t => {
  const dir = t.testdir({ a: 'drainTimeout: 1s', b: '{ "drainTimeout": "2s" }' })
  const env = { EYEBALLD_CONFIG: join(dir, 'b') }
  t.equal((await loadConfig({ env })).drainTimeoutMs, 2000)
  t.equal((await loadConfig({ env, file: join(dir, 'a') })).drainTimeoutMs, 1000)
  t.equal((await loadConfig({ env, flags: { 'drain-timeout': '3s' } })).drainTimeoutMs, 3000)
})

t.test('paths of users files are relative to the configuration file', async t => {
  const dir = t.testdir({ 'c.yaml': USERS, 'users.txt': 'alice:x' })
  const [listener] = (await loadConfig({ file: join(dir, 'c.yaml') })).listeners
  t.strictSame(listener?.protocol === 'socks' && [...(listener.users ?? [])], [['alice', 'x']])
})

t.test('a load reads each users file once, and says whether it is a reload', async t => {
  const text = `listeners:
    - { protocol: socks, listen: 1, auth: { usersFile: u } }
    - { protocol: http, listen: 2, auth: { usersFile: ./u, users: { zoe: z } } }
    - { protocol: socks, listen: 3, auth: { usersFile: u } }`
  const asked: unknown[] = []
  let reads = 0
  const load = await configLoader({
    file: '/f',
    readFile: (path, when) => {
      asked.push([path, when])
      return Buffer.from(path === '/f' ? text : `bob:${++reads}`)
    },
  })
  for (const [when, password] of [
    ['start', '1'],
    ['reload', '2'],
  ] as const) {
    const { listeners } = load(when)
    t.strictSame(asked.splice(0), [
      ['/f', when],
      ['/u', when],
    ])
    for (const listener of listeners)
      t.equal(listener.protocol !== 'forward' && listener.users?.get('bob'), password)
  }
})

t.test('each fault of a users file has its message', async t => {
  const dir = t.testdir({ 'c.yaml': USERS })
  const file = join(dir, 'c.yaml')
  const message = `${file}:1:72: listeners[0].auth.usersFile: users.txt cannot be read: there is no such file`
  await t.rejects(loadConfig({ file }), { code: 'ERR_CONFIG', message })
  mkdirSync(join(dir, 'users.txt'))
  await t.rejects(loadConfig({ file }), { message: /users.txt cannot be read: it is a folder/ })
  const empty = join(t.testdir({ 'c.yaml': USERS, 'users.txt': '# nobody' }), 'c.yaml')
  await t.rejects(loadConfig({ file: empty }), { message: /^users.txt: found no users; allowed:/ })
})

t.test('each fault of a configuration file has its message', async t => {
  const dir = t.testdir({ bad: Buffer.from([0x61, 0xff]), big: 'x'.repeat(4 * 1024 * 1024 + 1) })
  const cases = [
    ['none', /none: cannot be read: there is no such file$/],
    ['', /: cannot be read: it is a folder; allowed: a file$/],
    ['bad/x', /x: cannot be read: part of its path is not a folder$/],
    ['bad', /bad: is not text in UTF-8$/],
    ['big', /big: is 4.0 MiB long; allowed: 4 MiB$/],
  ] as const
  for (const [name, message] of cases) {
    await t.rejects(loadConfig({ file: join(dir, name) }), { code: 'ERR_CONFIG', message }, name)
  }
})

t.test('errors of the system have a message for people', async t => {
  const readFile = (code: string) => () => {
    throw Object.assign(new Error(`${code}: broken`), { code })
  }
  const message = 'f: cannot be read: this user may not read it'
  await t.rejects(loadConfig({ file: 'f', readFile: readFile('EACCES') }), { message })
  await t.rejects(loadConfig({ file: 'f', readFile: readFile('EIO') }), {
    message: 'f: cannot be read: EIO: broken',
  })
})

t.test('an empty file is allowed at the start and rejected on a reload', async t => {
  const file = join(t.testdir({ empty: '' }), 'empty')
  t.equal((await loadConfig({ file })).drainTimeoutMs, 30_000)
  const load = await configLoader({ file })
  t.throws(() => load('reload'), { message: /empty: is empty: found / })
})

t.test('configFile is the given file, else EYEBALLD_CONFIG', async t => {
  t.equal(configFile(undefined, {}), undefined)
  t.equal(configFile('', { EYEBALLD_CONFIG: ' ' }), undefined)
  t.equal(configFile(undefined, { EYEBALLD_CONFIG: ' /f ' }), '/f')
  t.equal(configFile('/g', { EYEBALLD_CONFIG: '/f' }), '/g')
})

t.test('the YAML parser is loaded only if there is a file', async t => {
  const module = new URL('../../src/config/load.ts', import.meta.url).href
  const file = join(t.testdir({ file: 'drainTimeout: 2s' }), 'file')
  const program = `
    import { createRequire } from 'node:module'
    const { configLoader } = await import('${module}')
    const [, file] = process.argv
    const load = await configLoader({ file, flags: { 'log-level': 'debug' } })
    const { drainTimeoutMs, log } = load()
    const loaded = Object.keys(createRequire('${module}').cache)
    console.log(drainTimeoutMs, log.level, loaded.some(path => /[\\/]yaml[\\/]/.test(path)))`
  for (const [words, expected] of [
    [[], '30000 debug false\n'],
    [[file], '2000 debug true\n'],
  ] as const) {
    const args = [COMPILED, '--input-type=module', '-e', program, ...words]
    t.equal(execFileSync(process.execPath, args, { encoding: 'utf8' }), expected)
  }
})
