/** The log never stops the data path, and never holds a secret. */
import { spawn } from 'node:child_process'
import t from 'tap'
import { hashPassword } from '../../src/auth/password-hash.ts'
import { endChild, exitOf, own, within } from '../fixtures/children.ts'
import { eventually, inParallel } from '../fixtures/in-parallel.ts'
import { residentMiB } from '../fixtures/process-figures.ts'
import { askSocks, openSocks } from '../fixtures/socks-client.ts'
import { commandOf, runEyeballd, startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, freePort, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const target = await tcpTarget(t, echo)

const connection = async (proxy: { host: string; port: number }): Promise<void> => {
  const { client, reply } = await askSocks(proxy, target.host, target.port)
  if (reply.code !== 0) throw new Error(`reply ${reply.code}`)
  client.write('hello')
  await client.read(5)
  client.socket.end()
  await client.over
  client.destroy()
}

await t.test('a reader of the log that stalls stops nobody', async t => {
  const eyeballd = await startEyeballd(t, { args: ['-l', '127.0.0.1:0'] })
  const proxy = eyeballd.address()
  await inParallel(200, 20, () => connection(proxy))
  const before = residentMiB(eyeballd.pid)
  eyeballd.child.stdout?.pause()
  // Each connection has two lines, some 900 bytes; a pipe and this process's buffer hold 128 KiB.
  const begin = performance.now()
  await within(
    30_000,
    '1,500 connections are served',
    inParallel(1500, 20, () => connection(proxy)),
  )
  t.comment(
    `${(performance.now() - begin).toFixed(0)} ms, ${(residentMiB(eyeballd.pid) - before).toFixed(1)} MiB more`,
  )
  t.ok(residentMiB(eyeballd.pid) - before < 60, 'what waits is bounded')
  eyeballd.child.stdout?.resume()
  const all = eyeballd.waitFor(() => eyeballd.linesOf('close').length === 1700, 10_000)
  await t.resolves(all, 'nothing of so little was dropped: all lines come once it reads again')
  await eyeballd.stop(t)
})

await t.test('a reader of the log that leaves stops nobody', async t => {
  const eyeballd = await startEyeballd(t, { args: ['-l', '127.0.0.1:0'] })
  const proxy = eyeballd.address()
  eyeballd.child.stdout?.destroy()
  await inParallel(50, 10, () => connection(proxy))
  t.equal(eyeballd.child.exitCode, null, 'it is alive')
  eyeballd.kill('SIGTERM')
  const { code, stderr } = await within(10_000, 'it ends', eyeballd.exited)
  t.equal(code, 0)
  t.equal(stderr, '')
})

await t.test('standard output that is closed from the start stops nobody', async t => {
  const port = await freePort()
  const [program, ...rest] = [...commandOf(), 'serve', '-l', `127.0.0.1:${port}`]
  const child = own(
    spawn('sh', ['-c', 'exec "$@" >&-', 'sh', program, ...rest], {
      stdio: ['ignore', 'ignore', 'pipe'],
    }),
  )
  t.teardown(() => endChild(child))
  const proxy = { host: '127.0.0.1', port }
  const serving = async (): Promise<void> => {
    for (;;) {
      const done = await connection(proxy).then(
        () => true,
        () => false,
      )
      if (done) return
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
  await within(15_000, 'it serves', serving())
  child.kill('SIGTERM')
  const { code } = await within(10_000, 'it ends', exitOf(child))
  t.equal(code, 0)
})

await t.test('secrets never reach the log, nor any other output', async t => {
  const secrets = ['s3cret-of-alice', 's3cret-of-bob', 'w!rong-guess', 'hunter2-typed-as-name']
  const hash = await hashPassword(Buffer.from(secrets[1] ?? ''))
  const listener = {
    protocol: 'socks',
    listen: '127.0.0.1:0',
    auth: { users: { alice: secrets[0] ?? '', bob: hash } },
  }
  const eyeballd = await startEyeballd(t, {
    config: { listeners: [listener], limits: { authFailureDelay: '10ms' } },
    args: ['--log-level', 'trace'],
  })
  const logins = [
    ['alice', secrets[0]],
    ['bob', secrets[1]],
    ['alice', secrets[2]],
    ['mallory', secrets[2]],
  ] as const
  for (const [user, password = ''] of logins) {
    const client = await openSocks(eyeballd.address())
    await client.greet([2])
    if ((await client.login(user, password)) === 0) {
      client.sendRequest(target.host, target.port)
      await client.readReply()
    }
    client.destroy()
  }
  const torn = await openSocks(eyeballd.address())
  await torn.greet([2])
  torn.write(Buffer.from([2, 5, ...Buffer.from(secrets[3] ?? '')]))
  await torn.over
  torn.destroy()
  await eyeballd.waitFor(() => eyeballd.linesOf('rejected').length >= 3)
  await eyeballd.stop(t)
  const config = JSON.stringify({ listeners: [listener, { ...listener, protocol: 'socs' }] })
  const checked = await runEyeballd(t, { command: 'check', args: [eyeballd.configFile ?? ''] })
  t.equal(checked.code, 0, checked.stderr)
  const wrong = await runEyeballd(t, { config })
  t.equal(wrong.code, 2)
  const everything = [eyeballd.output(), checked.stdout, checked.stderr, wrong.stdout, wrong.stderr]
  for (const secret of [...secrets, hash, hash.slice(-20)]) {
    t.notOk(everything.join('\n').includes(secret), `no trace of ${secret.slice(0, 8)}...`)
  }
})

for (const processes of [1, 2]) {
  for (const format of ['json', 'pretty']) {
    t.test(`what is redacted is nowhere, ${format}, with ${processes} processes`, async t => {
      const port = await freePort()
      const names = ['Hidden.example.com', 'denied.hidden.example.com', 'gone.hidden.example.com']
      const eyeballd = await startEyeballd(t, {
        config: {
          listeners: [{ protocol: 'socks', listen: `127.0.0.1:${port}` }],
          resolver: {
            servers: ['127.0.0.1:9'],
            hosts: { 'hidden.example.com': '127.0.0.1', 'denied.hidden.example.com': '127.0.0.2' },
          },
          access: [{ action: 'deny', to: ['127.0.0.2'] }],
          log: { redact: ['target', 'client'], format, level: 'debug' },
          processes,
        },
        listening: format === 'json' ? 1 : 0,
      })
      const proxy = { host: '127.0.0.1', port }
      await eventually(() => eyeballd.output().includes('listening'), 15_000)
      for (const name of [...names, '127.0.0.2']) {
        const { client } = await askSocks(proxy, name, target.port)
        client.destroy()
      }
      const { stdout } = await eyeballd.stop(t)
      t.match(stdout, /\[Redacted\]/)
      t.notMatch(stdout.toLowerCase(), 'hidden.example')
    })
  }
}
