import t from 'tap'
import { createAdminClient } from '../../src/cli/admin-client.ts'
import { top } from '../../src/cli/top.ts'
import type { CliIo, Output } from '../../src/cli/types.ts'
import { createFakeIo } from '../fixtures/cli-io.ts'
import type { FakeDaemon } from '../fixtures/fake-endpoint.ts'
import { connectionOf, createFakeEndpoint } from '../fixtures/fake-endpoint.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { plainRace, raceEntry } from '../fixtures/race-entry.ts'

const setUp = async (
  t: { teardown: (run: () => unknown) => unknown },
  facts: Partial<FakeDaemon> = {},
  given: Partial<CliIo> = {},
) => {
  const fake = await createFakeEndpoint(facts)
  t.teardown(fake.close)
  const openAdmin: CliIo['openAdmin'] = async (...parts) => createAdminClient(...parts)
  const io = createFakeIo({ openAdmin, ...given })
  return { fake, io, args: { admin: `127.0.0.1:${fake.port}` } }
}

t.test('without a terminal it is one snapshot', async t => {
  const races = [raceEntry({ id: 2 }), plainRace({ id: 1, target: 'plain.example:443' })]
  const { io, args } = await setUp(t, { races, connections: [connectionOf()] })
  t.equal(await top(args, io), 0)
  t.match(io.out(), /^eyeballd 0\.1\.0 at 127\.0\.0\.1:\d+ {2}serving/)
  const lines = io.out().split('\n')
  const at = lines.indexOf('last races')
  t.match(lines[at + 1], /hidden www\.example\.com:443/)
  t.match(lines[at + 2], /plain\.example:443/)
  t.notMatch(io.out(), '\u001b')
})

t.test('--json is one status object a second, until the reader leaves', async t => {
  let out = ''
  let isOpen = true
  const write = (text: string): void => void (out += text)
  const stdout: Output = { write, isTTY: true, columns: 80, isOpen: () => isOpen }
  const { fake, io, args } = await setUp(t, {}, { stdout })
  const clock = createHandClock()
  const over = top({ ...args, json: true }, io, clock)
  const lines = (count: number) => (): boolean => {
    clock.advance(250)
    return out.split('\n').length > count
  }
  t.ok(await eventually(lines(2)))
  t.match(JSON.parse(out.split('\n')[0] ?? ''), { version: '0.1.0', state: 'serving' })
  await fake.close()
  await eventually(() => {
    clock.advance(250)
    return io.err() !== ''
  })
  t.match(io.err(), /^eyeballd: no daemon listens at .*; trying again\n$/, 'said once')
  isOpen = false
  await eventually(() => {
    clock.advance(1000)
    return clock.pending() === 0
  })
  t.equal(await over, 0)
})

t.test('a snapshot is as wide as the terminal, also where the cursor cannot be moved', async t => {
  let out = ''
  const write = (text: string): void => void (out += text)
  const stdout: Output = { write, isTTY: true, columns: 40, isOpen: () => true }
  const { io, args } = await setUp(t, { races: [raceEntry()] }, { stdout, env: { TERM: 'dumb' } })
  t.equal(await top(args, io), 0)
  t.match(out, /^eyeballd /)
  t.ok(out.split('\n').every(line => line.length <= 40))
})

t.test('--once', async t => {
  const { io, args } = await setUp(t)
  t.equal(await top({ ...args, json: true, once: true }, io), 0)
  t.equal(io.out().trim().split('\n').length, 1)
})

t.test('on a terminal it takes it, and ends as the signal says', async t => {
  const ended: string[] = []
  const stdout: Output = { write: () => {}, isTTY: true, columns: 80, isOpen: () => true }
  const { io, args } = await setUp(
    t,
    {},
    {
      stdout,
      openTerminal: events => {
        setImmediate(() => events.signal('SIGTERM'))
        return {
          size: () => ({ columns: 80, rows: 24 }),
          write: () => {},
          suspend: () => {},
          close: () => {},
        }
      },
      endBy: async signal => void ended.push(signal),
    },
  )
  t.equal(await top(args, io), 0)
  t.strictSame(ended, ['SIGTERM'])
})

t.test('the token is of the environment; a daemon that wants one says so', async t => {
  const { io, args } = await setUp(t, { token: 'abc' }, { env: { EYEBALLD_ADMIN_TOKEN: 'abc' } })
  t.equal(await top({ ...args, json: true, once: true }, io), 0)
  await t.rejects(top({ ...args, once: true }, { ...io, env: {} }), { message: /wants a token/ })
})

t.test('an old daemon, and no daemon', async t => {
  const { io, args } = await setUp(t, { missing: ['/status'] })
  await t.rejects(top(args, io), { code: 'ERR_ADMIN', message: /has no \/status: it is older/ })
  await t.rejects(top({}, io), { code: 'ERR_CONFIG', message: /^--admin: is missing/ })
  await t.rejects(top({ admin: '127.0.0.1:1' }, io), { message: /^no daemon listens at/ })
})
