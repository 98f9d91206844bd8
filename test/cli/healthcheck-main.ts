import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { posix } from 'node:path'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { readHealthWords, runHealthcheck } from '../../src/cli/healthcheck-main.ts'
import { importsOf } from '../fixtures/house/imports.ts'

/** All that is loaded with a file of src/, itself and packages included. */
const loadedWith = (path: string, found = new Set<string>()): ReadonlySet<string> => {
  if (found.has(path)) return found
  found.add(path)
  const source = readFileSync(new URL(`../../src/${path}`, import.meta.url), 'utf8')
  for (const { specifier, isType } of importsOf(source)) {
    if (isType) continue
    if (!specifier.startsWith('.')) found.add(specifier)
    else loadedWith(posix.join(posix.dirname(path), specifier), found)
  }
  return found
}

t.test('healthcheck loads neither the daemon nor the table of keys', async t => {
  const withFile = loadedWith('config/document.ts')
  const all = [...loadedWith('cli/healthcheck-main.ts')]
  const heavy = /^(?:pino|koffi)|^(?:daemon|listener|log|eyeballs|pipe|libc|config\/table)\//
  t.same(
    all.filter(name => heavy.test(name)),
    [],
  )
  t.same(
    all.filter(name => name.startsWith('config/') && !withFile.has(name)),
    [],
  )
  t.same([...loadedWith('config/read-file.ts')].toSorted(), [
    'config/problem.ts',
    'config/read-file.ts',
    'core/fail.ts',
    'node:fs',
  ])
  t.ok(all.includes('net/node/exchange.ts') && all.includes('yaml'), 'what it needs is found')
  t.notOk(loadedWith('net/node/exchange.ts').has('yaml'), 'YAML is for who names a file')
})

t.test('readHealthWords reads valid arguments', async t => {
  t.strictSame(readHealthWords([]), {})
  t.strictSame(readHealthWords(['--admin', 'a:1']), { admin: 'a:1' })
  t.strictSame(readHealthWords(['--admin=a:1']), { admin: 'a:1' })
  t.strictSame(readHealthWords(['-c', 'f', '--proxy', 'unix:/a=b']), {
    config: 'f',
    proxy: 'unix:/a=b',
  })
  t.strictSame(readHealthWords(['--config=f']), { config: 'f' })
})

t.test('readHealthWords returns null for all other arguments', async t => {
  for (const words of [
    ['--help'],
    ['-h'],
    ['--version'],
    ['--admin'],
    ['--admin='],
    ['--admin', ''],
    ['--admin', '--proxy'],
    ['--admin', 'a', '--admin', 'b'],
    ['--nonsense', 'x'],
    ['word'],
    ['constructor', 'x'],
    ['toString', 'x'],
    ['-cf'],
    ['--', 'x'],
    ['--__proto__', 'x'],
    ['--constructor=x'],
  ])
    t.equal(readHealthWords(words), null, words.join(' '))
})

const fakeProcess = (env: NodeJS.ProcessEnv = {}) => {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  return { stdout, stderr, env } as unknown as Parameters<typeof runHealthcheck>[1] & {
    readonly stdout: PassThrough
    readonly stderr: PassThrough
  }
}

t.test('runHealthcheck asks over real sockets', async t => {
  const server = createServer((_, response) => void response.end()).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const fake = fakeProcess({ EYEBALLD_ADMIN: `127.0.0.1:${port}` })
  t.equal(await runHealthcheck([], fake), 0)
  t.equal(String(fake.stdout.read()), `127.0.0.1:${port} is healthy\n`)
  fake.stdout.emit('error', new Error('EPIPE'))
  await new Promise(resolve => server.close(resolve))
  const late = fakeProcess()
  t.equal(await runHealthcheck(['--admin', `127.0.0.1:${port}`], late), 1)
  t.match(String(late.stderr.read()), 'is not healthy: nothing listens there (ECONNREFUSED)')
})

t.test('runHealthcheck returns null if arguments or configuration are wrong', async t => {
  t.equal(await runHealthcheck(['--admin', 'x'], fakeProcess()), null)
  t.equal(await runHealthcheck(['--admin', 'a:1', '--proxy', 'b:1'], fakeProcess()), null)
  t.equal(await runHealthcheck(['-c', '/nonexistent'], fakeProcess()), null)
  if (process.platform === 'linux')
    t.equal(await runHealthcheck(['-c', '/dev/zero'], fakeProcess()), null, 'it has an end')
  t.equal(await runHealthcheck(['--help'], fakeProcess()), null)
})
