/** OpenSSH through the proxy, by a ProxyCommand, to an sshd of the test's own. */
import t from 'tap'
import { NAME, startMixedProxy } from '../fixtures/mixed-proxy.ts'
import { runProgram } from '../fixtures/programs.ts'
import { netcatBy, startSshd, unlessSshd } from '../fixtures/start-sshd.ts'

const LINES = 200_000

t.setTimeout(120_000)

t.test('ssh', { skip: unlessSshd() }, async t => {
  const sshd = await startSshd(t, NAME)
  const proxy = await startMixedProxy(t)
  const ssh = (config: string, command: string, input?: string) =>
    runProgram(
      t,
      'ssh',
      ['-F', config, '-p', String(sshd.port), `root@${NAME}`, command],
      input === undefined ? {} : { input },
    )

  for (const [way, protocol] of [
    ['5', 'socks5'],
    ['connect', 'http'],
  ] as const) {
    await t.test(`nc -X ${way}`, async t => {
      const config = sshd.clientConfig(netcatBy(way, proxy.plain))

      await t.test('a command', async t => {
        const { code, stdout, stderr } = await ssh(config, 'echo hello; exit 7')
        t.equal(code, 7, `the status of the command: ${stderr}${sshd.said()}`)
        t.equal(stdout, 'hello\n')
        await proxy.raced(t, protocol, sshd.port)
      })

      await t.test('bytes both ways, until the end', async t => {
        const input = Array.from({ length: LINES }, (_, i) => `${i}\n`).join('')
        const { code, stdout } = await ssh(config, 'cat', input)
        t.equal(code, 0)
        t.ok(stdout === input, `${input.length} bytes came back as they were sent`)
        await proxy.raced(t, protocol, sshd.port)
      })
    })
  }

  await t.test('nc -X 4: netcat gives addresses only', async t => {
    const config = sshd.clientConfig(netcatBy('4', proxy.plain, '127.0.0.1'))
    const { stdout, stderr } = await ssh(config, 'echo hello')
    t.equal(stdout, 'hello\n', stderr)
    await proxy.resolved(t, 'socks4', sshd.port)
  })
  await proxy.stop(t)
})
