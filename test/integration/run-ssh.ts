/** ssh and what uses it, led to the proxy by `eyeballd run --for ssh`. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { deadIpv6 } from '../fixtures/dead-ipv6.ts'
import { findProgram, runProgram, unlessMissing } from '../fixtures/programs.ts'
import { runEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import { startSshd, unlessSshd } from '../fixtures/start-sshd.ts'

t.setTimeout(240_000)

const LINES = 200_000

t.test('ssh and what uses it', { skip: unlessSshd() }, async t => {
  const sshd = await startSshd(t, 'git.example.com')
  const dns = await deadIpv6(t)
  const temporary = temporaryDirectory(t)
  const files = temporaryDirectory(t)
  const settings = [
    `IdentityFile=${sshd.userKey}`,
    'IdentitiesOnly=yes',
    `UserKnownHostsFile=${sshd.knownHosts}`,
    'StrictHostKeyChecking=yes',
    'BatchMode=yes',
    'ConnectTimeout=10',
  ]
  const options = settings.flatMap(setting => ['-o', setting])
  const port = String(sshd.port)
  const run = async (words: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const args = ['--for', 'ssh', '--summary', ...dns.flags, '--', ...words]
    const said = await runEyeballd(t, {
      command: 'run',
      config: dns.config,
      args,
      env: { TMPDIR: temporary, ...env },
    })
    t.same(readdirSync(temporary), [], 'the private directory is gone')
    return said
  }
  const RACED = /git\.example\.com:\d+: ::1 ECONNREFUSED; won by 127\.0\.0\.1/

  await t.test('ssh: the status of its command, and bytes both ways', async t => {
    const ssh = ['ssh', ...options, '-p', port, 'root@git.example.com']
    const script = `yes 0123456789 | head -n ${LINES} | "$@" cat; "$@" "exit 7"`
    const { code, stdout, stderr } = await run(['sh', '-c', script, 'sh', ...ssh])
    t.equal(code, 7, stderr)
    t.ok(stdout === '0123456789\n'.repeat(LINES), `${stdout.length} bytes came back`)
    t.match(stderr, RACED)
    t.match(stderr, 'eyeballd: 2 races, 2 won')
  })

  await t.test('ssh names what it could not reach', async t => {
    const closed = ['ssh', ...options, '-p', '1', 'root@git.example.com', 'true']
    const { code, stderr } = await run(closed)
    t.equal(code, 255)
    t.match(
      stderr,
      /eyeballd: cannot connect: git\.example\.com:1 through the proxy 127\.0\.0\.1:\d+: the connection was refused/,
    )
  })

  await t.test('scp and sftp', { skip: unlessMissing('scp', 'sftp') }, async t => {
    const [from, to] = [join(files, 'from'), join(files, 'to')]
    writeFileSync(from, 'hello')
    const copied = await run([
      'scp',
      '-q',
      ...options,
      '-P',
      port,
      `root@git.example.com:${from}`,
      to,
    ])
    t.equal(copied.code, 0, copied.stderr)
    t.match(copied.stderr, RACED)
    t.equal(readFileSync(to, 'utf8'), 'hello')
    const batch = join(files, 'batch')
    writeFileSync(batch, `get ${from} ${to}2\n`)
    const got = await run([
      'sftp',
      '-q',
      ...options,
      '-P',
      port,
      '-b',
      batch,
      'root@git.example.com',
    ])
    t.equal(got.code, 0, got.stderr)
    t.match(got.stderr, RACED)
    t.equal(readFileSync(`${to}2`, 'utf8'), 'hello')
  })

  await t.test('rsync', { skip: unlessMissing('rsync') }, async t => {
    const from = join(files, 'many')
    mkdirSync(from)
    for (let i = 0; i < 20; i++) writeFileSync(join(from, String(i)), String(i))
    const to = join(files, 'copied')
    const ssh = ['ssh', ...options, '-p', port].join(' ')
    const source = `root@git.example.com:${from}/`
    const { code, stderr } = await run(['rsync', '-a', '-e', ssh, source, to])
    t.equal(code, 0, stderr)
    t.match(stderr, RACED)
    t.equal(readdirSync(to).length, 20)
  })

  await t.test('git clone', { skip: unlessMissing('git') }, async t => {
    const repository = join(files, 'a.git')
    await runProgram(t, 'git', ['init', '-q', '--bare', repository])
    const url = `ssh://root@git.example.com:${port}${repository}`
    const ssh = (name: string): string => [name, ...options].join(' ')
    const path = findProgram('ssh') ?? ''
    const config = join(files, 'gitconfig')
    writeFileSync(config, `[core]\n\tsshCommand = ${ssh('ssh')}\n`)
    const ways = [
      { GIT_CONFIG_GLOBAL: config },
      { GIT_SSH_COMMAND: ssh('ssh') },
      { GIT_SSH_COMMAND: ssh(path) },
    ] as const
    for (const [i, env] of ways.entries()) {
      const to = join(files, `clone${i}`)
      const { code, stderr } = await run(['git', 'clone', '-q', url, to], { ...env })
      t.equal(code, 0, stderr)
      t.match(stderr, RACED)
      t.ok(existsSync(join(to, '.git')))
    }
  })

  await t.test('a jump host on the command line', async t => {
    const words = ['ssh', '-G', '-J', 'bastion.example', 'inner.example']
    const { code, stdout } = await run(words)
    t.equal(code, 0)
    t.match(stdout, /^proxyjump bastion\.example$/m)
  })
})
