/** `npm start`: npm, and the shell that it starts, pass signals on to the daemon, or are missed by it. */
import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, cpSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Test } from 'tap'
import { exitOf, own, within } from '../fixtures/children.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { childrenOf, isAlive } from '../fixtures/signal-starts.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import { ALONE, cleanEnvironment, temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(240_000)

const missing =
  process.platform !== 'linux'
    ? 'processes are found by /proc, which is Linux’s'
    : spawnSync('npm', ['--version']).status !== 0 && 'no program npm'
if (missing !== false) {
  t.plan(0, missing)
  process.exit(0)
}

/** A checkout of its own: what npm start builds would pull dist/ away from other tests. */
const root = fileURLToPath(new URL('../..', import.meta.url))
const checkout = temporaryDirectory(t)
for (const name of ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts', 'src'])
  cpSync(join(root, name), join(checkout, name), { recursive: true })
symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'))

const environment = { ...cleanEnvironment(), npm_config_update_notifier: 'false' }

const target = await tcpTarget(t, echo)

/** What npm has started, behind whatever stands between. */
const lastDescendant = (pid: number): number => {
  const [child] = childrenOf(pid)
  return child === undefined ? pid : lastDescendant(child)
}

const start = async (t: Test, shell?: string) => {
  const options = shell === undefined ? [] : [`--script-shell=${shell}`]
  const [program, ...words] = [...ALONE, 'npm', 'start', ...options, '--', '-l', '127.0.0.1:0']
  const child = own(
    spawn(program, words, {
      cwd: checkout,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  const npm = child.pid ?? 0
  t.teardown(() => spawnSync('kill', ['-KILL', '--', `-${npm}`]))
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += String(chunk)))
  const exited = exitOf(child)
  t.ok(await eventually(() => output.includes('"listening"'), 60_000), 'it is built and listens')
  const port = Number(/"address":"127\.0\.0\.1:(\d+)"/.exec(output)?.[1])
  const daemon = lastDescendant(npm)
  return {
    npm,
    daemon,
    port,
    exited,
    events: () => [...output.matchAll(/"event":"(\w+)"/g)].map(([, event]) => event),
  }
}

const isOver = (daemon: number): Promise<boolean> => eventually(() => !isAlive(daemon), 10_000)

await t.test('SIGTERM to npm drains the daemon, and npm waits for it', async t => {
  const { npm, daemon, port, exited, events } = await start(t)
  const { client, reply } = await askSocks({ host: '127.0.0.1', port }, target.host, target.port)
  t.equal(reply.code, 0)
  process.kill(npm, 'SIGTERM')
  t.ok(await eventually(() => events().includes('draining')))
  client.write('still here')
  t.equal(String(await client.read(10)), 'still here')
  t.ok(isAlive(npm))
  client.socket.end()
  t.equal((await within(10_000, 'npm ends', exited)).code, 0)
  t.ok(await isOver(daemon))
  t.equal(events().at(-1), 'stopped')
})

await t.test('Ctrl-C, which npm passes on as well, is the first and not the second', async t => {
  const { npm, daemon, port, exited, events } = await start(t)
  const { client } = await askSocks({ host: '127.0.0.1', port }, target.host, target.port)
  process.kill(-npm, 'SIGINT')
  t.ok(await eventually(() => events().includes('draining')))
  client.write('still here')
  t.equal(String(await client.read(10)), 'still here')
  client.destroy()
  await within(10_000, 'npm ends', exited)
  t.ok(await isOver(daemon))
})

await t.test(
  'SIGHUP ends npm, which cannot pass it on: the daemon sees that, and drains',
  async t => {
    const { npm, daemon, exited } = await start(t)
    process.kill(npm, 'SIGHUP')
    await within(10_000, 'npm ends', exited)
    t.ok(await isOver(daemon), 'no orphan')
  },
)

await t.test('a shell that stands between all the same', async t => {
  const shell = join(checkout, 'shell')
  writeFileSync(shell, '#!/bin/sh\neval "set -- ${2#exec }"\n"$@" &\nwait\n')
  chmodSync(shell, 0o755)
  const { npm, daemon, exited } = await start(t, shell)
  process.kill(npm, 'SIGTERM')
  await within(10_000, 'npm ends', exited)
  t.ok(await isOver(daemon), 'no orphan')
})

await t.test('a build that fails says so, and starts nothing', async t => {
  appendFileSync(join(checkout, 'src/bin.ts'), '\nconst broken: number = "text"\n')
  const options = { cwd: checkout, env: environment, encoding: 'utf8' } as const
  const [program, ...words] = [...ALONE, 'npm', 'start']
  const { status, stdout, stderr } = spawnSync(program, words, options)
  t.not(status, 0)
  t.match(stdout + stderr, /bin\.ts.*error TS2322/)
  t.match(stderr, 'build failed: tsc ended with')
  t.notMatch(stdout, '"listening"')
})
