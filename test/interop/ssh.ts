/** OpenSSH through the proxy, by a ProxyCommand, to an sshd of the test's own. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { findProgram, runProgram, startProgram, unlessMissing } from '../fixtures/programs.ts'
import { startEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import { freePort } from '../fixtures/tcp-target.ts'

const LINES = 200_000

t.setTimeout(120_000)

const skip =
  process.getuid?.() === 0
    ? unlessMissing('ssh', 'sshd', 'ssh-keygen', 'nc')
    : 'sshd of Debian needs root'

t.test('ssh', { skip }, async t => {
  // sshd wants this directory for the part of it that has no rights; a machine may not have it yet.
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const directory = temporaryDirectory(t)
  const keyOf = async (name: string): Promise<string> => {
    const path = join(directory, name)
    await runProgram(t, 'ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path])
    return path
  }
  const [hostKey, userKey] = [await keyOf('host'), await keyOf('user')]
  const authorized = join(directory, 'authorized_keys')
  writeFileSync(authorized, readFileSync(`${userKey}.pub`))
  chmodSync(authorized, 0o600)
  const port = await freePort()
  const serverConfig = join(directory, 'sshd_config')
  writeFileSync(
    serverConfig,
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${authorized}`,
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
      '',
    ].join('\n'),
  )
  const sshd = await startProgram(t, 'sshd', ['-D', '-e', '-f', serverConfig], port)
  const known = join(directory, 'known_hosts')
  writeFileSync(known, `[git.example.com]:${port} ${readFileSync(`${hostKey}.pub`, 'latin1')}`)

  const eyeballd = await startEyeballd(t, {
    config: {
      listeners: [{ protocol: 'socks', listen: '127.0.0.1:0' }],
      resolver: { search: [], hosts: { 'git.example.com': ['::1', '127.0.0.1'] } },
    },
  })
  const proxy = `127.0.0.1:${eyeballd.address().port}`
  const clientConfig = join(directory, 'ssh_config')
  writeFileSync(
    clientConfig,
    [
      `IdentityFile ${userKey}`,
      'IdentitiesOnly yes',
      `UserKnownHostsFile ${known}`,
      'StrictHostKeyChecking yes',
      'BatchMode yes',
      'ConnectTimeout 10',
      `ProxyCommand ${findProgram('nc')} -X 5 -x ${proxy} %h %p`,
      '',
    ].join('\n'),
  )
  const ssh = (command: string, input?: string) =>
    runProgram(
      t,
      'ssh',
      ['-F', clientConfig, '-p', String(port), 'root@git.example.com', command],
      input === undefined ? {} : { input },
    )

  await t.test('a command', async t => {
    const { code, stdout, stderr } = await ssh('echo hello; exit 7')
    t.equal(code, 7, `the status of the command: ${stderr}${sshd.said()}`)
    t.equal(stdout, 'hello\n')
  })

  await t.test('bytes both ways, until the end', async t => {
    const input = Array.from({ length: LINES }, (_, i) => `${i}\n`).join('')
    const { code, stdout } = await ssh('cat', input)
    t.equal(code, 0)
    t.ok(stdout === input, `${input.length} bytes came back as they were sent`)
  })

  const races = eyeballd.linesOf('race')
  t.equal(races.length, 2)
  t.match(races[0], { outcome: 'won', winner: { address: '127.0.0.1' } })
  await eyeballd.stop(t)
})
