/** `eyeballd top` on a pseudo-terminal, of a real daemon that races. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import t from 'tap'
import { endChild, exitOf, own, within } from '../fixtures/children.ts'
import { deadIpv6 } from '../fixtures/dead-ipv6.ts'
import { createFakeEndpoint } from '../fixtures/fake-endpoint.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { unlessPython, PYTHON } from '../fixtures/python.ts'
import { plainRace } from '../fixtures/race-entry.ts'
import { createTestScreen } from '../fixtures/screen.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import { cleanEnvironment, commandOf, startEyeballd } from '../fixtures/start-eyeballd.ts'
import { createTcpServer } from '../fixtures/tcp-server.ts'

const skip = unlessPython('pty')

/** Starts a command on a terminal of this size. */
const onTerminal = (t: Test, rows: number, columns: number, words: readonly string[], env = {}) => {
  const helper = fileURLToPath(new URL('../fixtures/pty.py', import.meta.url))
  const child = own(
    spawn(PYTHON, [helper, String(rows), String(columns), ...commandOf(), ...words], {
      env: { ...cleanEnvironment(), NODE_OPTIONS: '', TERM: 'xterm', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    }),
  )
  t.teardown(() => endChild(child))
  const screen = createTestScreen()
  let raw = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    raw += text
    screen.write(text)
  })
  const said: string[] = []
  createInterface(child.stderr).on('line', line => said.push(line))
  return {
    screen,
    raw: () => raw,
    said,
    pid: () => Number(said[0]?.split(' ')[1]),
    type: (text: string) => void child.stdin.write(text),
    resize: (lines: number, width: number) => void child.stdin.write(`\0${lines}x${width}\n`),
    ended: exitOf(child),
    shows: (pattern: RegExp) =>
      eventually(() => screen.lines().some(line => pattern.test(line)), 15_000),
  }
}

type OnTerminal = ReturnType<typeof onTerminal>

const isRestored = ({ screen, said }: OnTerminal) => ({ ...screen.modes(), said: said.at(-1) })

const RESTORED = { alternate: false, hidden: false, said: 'terminal restored' }

t.test('a daemon that races', { skip }, async t => {
  const target = await createTcpServer()
  t.teardown(() => target.close())
  const { flags, config } = await deadIpv6(t)
  const eyeballd = await startEyeballd(t, {
    config: {
      ...config,
      listeners: [{ name: 'in', protocol: 'socks', listen: '127.0.0.1:0' }],
      admin: { listen: '127.0.0.1:0', token: 'abc' },
    },
    args: flags,
    listening: 2,
  })
  const { port } = eyeballd.address('admin')
  const admin = ['top', '--admin', `127.0.0.1:${port}`]
  const top = onTerminal(t, 24, 80, admin, { EYEBALLD_ADMIN_TOKEN: 'abc' })
  t.ok(await top.shows(/^eyeballd .* at 127\.0\.0\.1:\d+ {2}serving/))
  const proxy = eyeballd.address('in')
  const { client } = await askSocks(proxy, 'www.example.com', target.port)
  t.teardown(client.destroy)
  t.ok(await top.shows(/hidden www\.example\.com:\d+ +127\.0\.0\.1:\d+/), 'the race, live')
  t.ok(await top.shows(/hidden 1 /), 'and counted')
  t.match(top.raw(), '\u001b[3', 'in colours')
  t.ok(top.screen.lines().length <= 24)
  top.resize(12, 50)
  t.ok(await eventually(() => top.screen.lines().filter(line => line !== '').length <= 12))
  top.type('q')
  t.match(await within(10_000, 'top ends', top.ended), { code: 0 })
  t.strictSame(isRestored(top), RESTORED)
})

t.test('whatever ends it, the terminal is as before', { skip }, async t => {
  const fake = await createFakeEndpoint({ races: [plainRace({ target: 'plain.example:443' })] })
  t.teardown(fake.close)
  const words = ['top', '--admin', `127.0.0.1:${fake.port}`]
  const start = async (t: Test, env = {}) => {
    const top = onTerminal(t, 24, 80, words, env)
    t.ok(await top.shows(/plain\.example/))
    t.strictSame(top.screen.modes(), { alternate: true, hidden: true })
    return top
  }
  const [control, term, bare] = await Promise.all([start(t), start(t), start(t, { NO_COLOR: '1' })])
  control.type('\u001a')
  const isBack = (): boolean => control.raw().split('\u001b[?1049h').length > 2
  t.ok(await eventually(isBack, 15_000), 'Ctrl-Z does not stop what no shell could continue')
  control.type('\u0003')
  t.match(await within(10_000, 'top ends', control.ended), { code: 0 }, 'Ctrl-C')
  process.kill(term.pid(), 'SIGTERM')
  t.match(
    await within(10_000, 'top ends', term.ended),
    { code: 128 + 15 },
    'SIGTERM, of which it dies',
  )
  for (const top of [control, term]) t.strictSame(isRestored(top), RESTORED)

  // The pattern has to match the sequences of a terminal.
  // oxlint-disable-next-line no-control-regex
  t.notMatch(bare.raw(), /\u001b\[(?:[1-9]|[349]\d)m/, 'no colours with NO_COLOR')
  await fake.close()
  t.ok(await bare.shows(/no daemon listens at .*; trying again/), 'a daemon that is gone')
  t.ok(await bare.shows(/plain\.example/), 'what it said last stays')
  bare.type('q')
  await within(10_000, 'top ends', bare.ended)
  t.strictSame(isRestored(bare), RESTORED)
})

t.test('no daemon: a message, and no other screen', { skip }, async t => {
  const top = onTerminal(t, 24, 80, ['top', '--admin', '127.0.0.1:1'])
  t.match(await within(10_000, 'top ends', top.ended), { code: 1 })
  t.match(top.raw(), /eyeballd: no daemon listens at 127\.0\.0\.1:1 \(ECONNREFUSED\)/)
  t.notMatch(top.raw(), '\u001b[?1049h')
})
