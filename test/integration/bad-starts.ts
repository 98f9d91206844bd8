/** Every bad start has an exit status and one message that says what, where, and what is allowed. */
import { spawnSync } from 'node:child_process'
import { chmodSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { NOBODY, unlessNobody } from '../fixtures/other-user.ts'
import {
  cleanEnvironment,
  commandOf,
  runEyeballd,
  temporaryDirectory,
} from '../fixtures/start-eyeballd.ts'
import type { StartOptions } from '../fixtures/start-eyeballd.ts'
import { shellQuote } from '../../src/cli/run/ssh-wrappers.ts'
import { tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const notNobody = unlessNobody()

/** What an unprivileged user may bind to is the kernel's to say; containers often let all. */
const noPrivileged = (() => {
  const file = '/proc/sys/net/ipv4/ip_unprivileged_port_start'
  const first = existsSync(file) ? Number(readFileSync(file, 'latin1')) : 0
  return first < 2 && 'no port is privileged here'
})()

/** Starts what cannot start; its output must hold each of the texts. */
const fails = async (
  t: Test,
  status: number,
  options: StartOptions,
  ...texts: readonly (string | RegExp)[]
): Promise<void> => {
  const { code, stdout, stderr } = await runEyeballd(t, options)
  t.equal(code, status, `exit status ${status}`)
  const said = stdout + stderr
  for (const text of texts) t.match(said, text)
  t.notMatch(said, /node:internal|\.ts:\d+:\d+\)/, 'no stack trace')
  if (status === 2) t.equal(stdout, '', 'wrong words are reported on standard error')
  t.comment(said.trim())
}

const { O_NONBLOCK } = constants

t.test('standard input stays as the shell has it', async t => {
  const dir = temporaryDirectory(t)
  // The programs share the flags of the pipe with their shell (proc(5)), and Node restores them at its end.
  const script = `
    exec 3<&0
    "$@" <&3 >${dir}/out 2>&1 &
    while kill -0 $! && ! grep -q listening ${dir}/out; do sleep 0.1; done
    cat /proc/$!/fdinfo/0
    kill $!`
  const words = [...commandOf(), '-l', '127.0.0.1:0'].map(shellQuote).join(' ')
  const line = `: | sh -c ${shellQuote(script)} sh ${words}`
  const { stdout } = spawnSync('sh', ['-c', line], { encoding: 'utf8', env: cleanEnvironment() })
  const flags = Number.parseInt(/^flags:\s+(\d+)$/m.exec(stdout)?.[1] ?? 'none', 8)
  t.equal(flags & O_NONBLOCK, 0)
  t.match(readFileSync(join(dir, 'out'), 'utf8'), /"listening"/)
})

t.test('a port that is taken', async t => {
  const taken = await tcpTarget(t)
  await fails(t, 1, { args: ['-l', `127.0.0.1:${taken.port}`] }, `127.0.0.1:${taken.port}`)
  await fails(
    t,
    1,
    { args: ['-l', '127.0.0.1:0', '-l', `127.0.0.1:${taken.port}`] },
    `127.0.0.1:${taken.port}`,
  )
})

t.test('an address that this host does not have', t =>
  fails(t, 1, { args: ['-l', '203.0.113.7:0', '--open'] }, '203.0.113.7:0', 'no such address'),
)

t.test('a privileged port without the right', { skip: notNobody || noPrivileged }, async t => {
  await fails(
    t,
    1,
    { args: ['-l', '127.0.0.1:1'], uid: NOBODY, gid: NOBODY },
    '127.0.0.1:1',
    'CAP_NET_BIND_SERVICE',
  )
})

t.test('a configuration that cannot be read', async t => {
  await fails(t, 2, { args: ['-c', '/nonexistent/eyeballd.yaml'] }, '/nonexistent/eyeballd.yaml')
  const directory = temporaryDirectory(t)
  await fails(t, 2, { args: ['-c', directory] }, directory)
})

t.test('a configuration that this user may not read', { skip: notNobody }, async t => {
  const directory = temporaryDirectory(t)
  const file = join(directory, 'secret.yaml')
  writeFileSync(file, '{}')
  chmodSync(file, 0o600)
  chmodSync(directory, 0o755)
  await fails(t, 2, { args: ['-c', file], uid: NOBODY, gid: NOBODY }, file, 'may not read it')
})

t.test('words that are nearly right, with what was meant', async t => {
  await fails(t, 2, { args: ['eyeballd.yaml'] }, 'did you mean eyeballd -c eyeballd.yaml?')
  await fails(t, 2, { args: ['www.example.com:443'] }, 'did you mean eyeballd race www.example')
  await fails(t, 2, { args: ['-l', '/run/eyeballd.sock'] }, 'did you mean unix:/run/eyeballd.sock?')
  await fails(t, 2, { args: ['-l', '0', '--drain-timeout', '30'] }, 'did you mean 30ms or 30s?')
  if (existsSync('/dev/zero')) {
    await fails(t, 2, { args: ['-c', '/dev/zero'] }, '/dev/zero: cannot be read', 'no end')
  }
})

t.test('a password file that is empty, missing or wrong', async t => {
  const directory = temporaryDirectory(t)
  mkdirSync(join(directory, 'folder'))
  writeFileSync(join(directory, 'empty'), '')
  writeFileSync(join(directory, 'comments'), '# nobody\n\n')
  writeFileSync(join(directory, 'no-password'), 'alice:\n')
  const names = ['missing', 'folder', 'empty', 'comments', 'no-password']
  const listeners = names.map(name => ({
    name,
    protocol: 'socks',
    listen: '127.0.0.1:0',
    auth: { usersFile: join(directory, name) },
  }))
  const config = { listeners }
  await fails(t, 2, { config }, ...names.map(name => join(directory, name)))
  for (const name of ['empty', 'comments']) {
    const alone = { listeners: listeners.filter(listener => listener.name === name) }
    await fails(t, 2, { config: alone }, join(directory, name))
  }
})

t.test('bad configurations: every mistake at once, each with its place', async t => {
  await fails(t, 2, { config: 'listeners: [' }, 'eyeballd.yaml:1')
  await fails(
    t,
    2,
    { config: 'listenerz: []\nlimits:\n  handshakeTimeout: soon\n' },
    /eyeballd\.yaml:1:\d+.*listenerz.*listeners/,
    /eyeballd\.yaml:3:\d+.*handshakeTimeout/,
  )
  await fails(t, 2, { config: 'listeners: [{protocol: socks, listen: [::1]:1080}]' }, /quot/)
})

t.test('bad flags', async t => {
  await fails(t, 2, { args: ['--lisen', '127.0.0.1:1080'] }, 'lisen', '--listen')
  const args = ['-l', '127.0.0.1:99999', '-l', '0.0.0.0:0', '-L', '5432', '--dns', 'example.com']
  await fails(
    t,
    2,
    { args: [...args, '--connect-timeout', 'soon'] },
    '99999',
    '5432',
    'example.com',
    'soon',
  )
  await fails(t, 2, { args: ['-l', '0.0.0.0:0'] }, '0.0.0.0:0', '--open')
})

t.test('the environment: known names are read, foreign ones left alone', async t => {
  await fails(t, 2, { env: { EYEBALLD_LOG_LEVEL: 'loud' } }, 'EYEBALLD_LOG_LEVEL', 'loud')
  const foreign = {
    EYEBALLD_PORT: 'tcp://192.0.2.1:1080',
    EYEBALLD_SERVICE_HOST: '192.0.2.1',
    EYEBALLD_PORT_1080_TCP_ADDR: '192.0.2.1',
  }
  const taken = await tcpTarget(t)
  // It comes as far as its port.
  await fails(
    t,
    1,
    { env: { ...foreign, EYEBALLD_LISTEN: `127.0.0.1:${taken.port}` } },
    `127.0.0.1:${taken.port}`,
  )
})
