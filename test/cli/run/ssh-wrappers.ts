import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { spawnSync } from 'node:child_process'
import type { Test } from 'tap'
import t from 'tap'
import { findInPath, makeSshWrappers, shellQuote } from '../../../src/cli/run/ssh-wrappers.ts'
import { unlessMissing } from '../../fixtures/programs.ts'
import { temporaryDirectory } from '../../fixtures/start-eyeballd.ts'

const program = (folder: string, name: string, text: string): string => {
  const file = join(folder, name)
  writeFileSync(file, `#!/bin/sh\n${text}\n`)
  chmodSync(file, 0o755)
  return file
}

/** Programs that print their words, in place of OpenSSH's. */
const rig = (t: Test, env: Record<string, string> = {}) => {
  const top = t.testdir({ "b'in": {}, tmp: {} })
  const bin = join(top, "b'in")
  for (const name of ['ssh', 'scp'])
    program(bin, name, `echo "${name}"; for word in "$@"; do echo "<$word>"; done; exit 3`)
  const path = `${bin}:${process.env['PATH']}`
  const wrappers = makeSshWrappers({
    proxy: { host: '127.0.0.1', port: 4080 },
    env: { PATH: path, ...env },
    proxyCommand: ['/opt/no de', '100%.js'],
    temporary: join(top, 'tmp'),
  })
  t.teardown(wrappers.remove)
  const { variables, directory } = wrappers
  const run = (line: string, cwd = top) => {
    const whole = { ...process.env, HOME: top, PATH: path, ...env, ...variables }
    const { stdout, status } = spawnSync('sh', ['-c', line], { cwd, env: whole, encoding: 'utf8' })
    return { words: stdout.trimEnd().split('\n'), status }
  }
  return { top, bin, wrappers, variables, run, config: join(directory, 'ssh_config') }
}

const COMMAND = `<ProxyCommand='/opt/no de' '100%%.js' '127.0.0.1' '4080' '%h' %p>`

t.test('ssh and scp get a configuration; a -F of the user is kept', async t => {
  const { run, config } = rig(t)
  t.same(run('ssh -p 22 host "a  b" ""'), {
    words: ['ssh', '<-F>', `<${config}>`, '<-p>', '<22>', '<host>', '<a  b>', '<>'],
    status: 3,
  })
  t.same(run('scp a b:c').words, ['scp', '<-F>', `<${config}>`, '<a>', '<b:c>'])
  t.same(run('ssh -F mine host').words, ['ssh', '<-o>', COMMAND, '<-F>', '<mine>', '<host>'])
  const [own, ours] = [
    ['ssh', '<-o>', COMMAND],
    ['ssh', '<-F>', `<${config}>`],
  ]
  const first = (line: string) => run(line).words.slice(0, 3)
  for (const line of ['-Fmine host', '-vF mine host', '-p 22 host -F mine ls', '-xp22 -F mine h'])
    t.same(first(`ssh ${line}`), own, line)
  for (const line of [
    'host tail -F log',
    '-l -F host',
    'host -v grep -F a b',
    '-i -Fkey host',
    'host',
    '',
  ])
    t.same(first(`ssh ${line}`), ours, line)
  t.same(first('scp -Fmine a b:c')[1], '<-o>')
  t.same(first('scp a b:-F')[1], '<-F>')
})

t.test('the directory is private, and is removed', async t => {
  const { wrappers } = rig(t)
  t.equal(statSync(wrappers.directory).mode & 0o777, 0o700)
  wrappers.remove()
  t.notOk(existsSync(wrappers.directory))
  t.doesNotThrow(wrappers.remove)
})

const hasSsh = findInPath('ssh', process.env['PATH'] ?? '') !== undefined

t.test('values of the user come before the proxy', { skip: !hasSsh && 'no ssh here' }, async t => {
  const { top, config } = rig(t)
  // ssh finds ~ in the user database, so the test names the file that it stands for.
  const mine = join(top, 'config')
  writeFileSync(mine, 'Host jump\n  ProxyJump bastion\nHost own\n  ProxyCommand own %h\n')
  const text = spawnSync('cat', [config], { encoding: 'utf8' }).stdout
  const test = join(top, 'test_config')
  writeFileSync(test, text.replace('~/.ssh/config', mine).replace('/etc/ssh/ssh_config', '/none'))
  const of = (...words: readonly string[]): string =>
    spawnSync('ssh', ['-G', '-F', test, ...words], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter(line => /^proxy(command|jump)/.test(line))
      .join()
  t.equal(of('jump'), 'proxyjump bastion')
  t.equal(of('own'), 'proxycommand own %h')
  t.equal(of('-J', 'other', 'host'), 'proxyjump other')
  t.equal(of('host'), `proxycommand '/opt/no de' '100%%.js' '127.0.0.1' '4080' '%h' %p`)
})

t.test('GIT_SSH_COMMAND: ssh without core.sshCommand', async t => {
  const { run, config, variables } = rig(t)
  t.match(variables['GIT_SSH_COMMAND'], /\/git\/ssh'$/)
  const git = 'sh -c "$GIT_SSH_COMMAND"\' "$@"\' git host "a b"'
  t.same(run(git).words, ['ssh', '<-F>', `<${config}>`, '<host>', '<a b>'])
})

t.test(
  'core.sshCommand is kept, and finds ssh in PATH',
  { skip: unlessMissing('git') },
  async t => {
    const { run, config, top } = rig(t)
    const git = 'sh -c "$GIT_SSH_COMMAND"\' "$@"\' git host "a b"'
    const repository = join(top, 'repository')
    mkdirSync(repository)
    const { status } = run(
      'git init -q . && git config core.sshCommand "ssh -i my.key"',
      repository,
    )
    t.equal(status, 0)
    const words = ['ssh', '<-F>', `<${config}>`, '<-i>', '<my.key>', '<host>', '<a b>']
    t.same(run(git, repository).words, words)
  },
)

t.test('GIT_SSH_COMMAND and GIT_SSH of the user are extended if they are ssh', async t => {
  const of = (env: Record<string, string>) => {
    const { variables, bin, config } = rig(t, env)
    const command = variables['GIT_SSH_COMMAND']
    return command
      ?.replace(shellQuote(join(bin, 'ssh')), 'SSH')
      .replace(`-F ${shellQuote(config)}`, 'CONFIG')
      .replace(/-o 'Proxy(?:[^']|'\\'')*'/, 'COMMAND')
  }
  t.equal(of({ GIT_SSH_COMMAND: 'ssh -i "my key"' }), 'SSH CONFIG -i "my key"')
  t.equal(of({ GIT_SSH_COMMAND: '/usr/bin/ssh -v' }), '/usr/bin/ssh CONFIG -v')
  t.equal(of({ GIT_SSH_COMMAND: 'ssh -F mine' }), 'SSH COMMAND -F mine')
  t.equal(of({ GIT_SSH_COMMAND: 'plink -batch' }), 'plink -batch')
  t.equal(of({ GIT_SSH: '/usr/bin/ssh' }), `'/usr/bin/ssh' CONFIG`)
  t.equal(of({ GIT_SSH: 'ssh' }), 'SSH CONFIG')
  t.equal(of({ GIT_SSH: '/opt/plink' }), undefined)
})

t.test('no ssh leaves nothing', async t => {
  const temporary = t.testdir({ empty: {} })
  const make = (path: string, folder: string) =>
    makeSshWrappers({
      proxy: { host: '127.0.0.1', port: 1 },
      env: { PATH: path },
      proxyCommand: ['x'],
      temporary: folder,
    })
  t.throws(() => make(join(temporary, 'empty'), temporary), {
    code: 'ERR_CONFIG',
    message: '--for ssh: found no program ssh in PATH',
  })
  t.same(spawnSync('ls', [temporary], { encoding: 'utf8' }).stdout, 'empty\n')
})

const makeIn = (temporary: string) =>
  makeSshWrappers({
    proxy: { host: '127.0.0.1', port: 1 },
    env: { PATH: process.env['PATH'] },
    proxyCommand: ['x'],
    temporary,
  })

const unusable = (folder: string, why: string) => ({
  code: 'ERR_CONFIG',
  message: `--for ssh: no file can be written in the temporary directory ${folder}: ${why}; set TMPDIR to another directory`,
})

t.test('a temporary directory that cannot be used is named', async t => {
  const top = t.testdir({ file: '' })
  const [none, file] = [join(top, 'none'), join(top, 'file')]
  t.throws(() => makeIn(none), unusable(none, 'there is no such directory'))
  t.throws(() => makeIn(file), unusable(file, 'it is not a directory'))
  t.throws(() => makeIn(`${none}\n`), unusable(`${none}\\x0a`, 'there is no such directory'))
})

const disk = temporaryDirectory(t)
const mount = ['-t', 'tmpfs', '-o', 'nr_inodes=2', 'tmpfs', disk]
const noDisk = spawnSync('mount', mount).status !== 0 && 'a tmpfs cannot be mounted here'
if (noDisk === false) t.teardown(() => spawnSync('umount', ['-l', disk]))

t.test('a full disk is named, and left as it was', { skip: noDisk }, async t => {
  // One file fits beside the root directory: there is a directory for the wrappers, and no file in it.
  t.throws(() => makeIn(disk), unusable(disk, 'no space is left on it'))
  t.same(readdirSync(disk), [])
  writeFileSync(join(disk, 'program'), '')
  t.throws(() => makeIn(disk), unusable(disk, 'no space is left on it'))
  t.same(readdirSync(disk), ['program'])
})

t.test(
  'a relative temporary directory is completed',
  { skip: !hasSsh && 'no ssh here' },
  async t => {
    const top = t.testdir({})
    const { directory, remove } = makeIn(relative(process.cwd(), top))
    t.teardown(remove)
    t.ok(directory.startsWith(top))
  },
)
