import t from 'tap'
import { createAdminClient } from '../../../src/cli/admin-client.ts'
import { runTop } from '../../../src/cli/top/run-top.ts'
import type { TerminalEvents } from '../../../src/cli/top/terminal.ts'
import { createFakeEndpoint } from '../../fixtures/fake-endpoint.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { eventually } from '../../fixtures/in-parallel.ts'
import { plainRace } from '../../fixtures/race-entry.ts'
import { createTestScreen } from '../../fixtures/screen.ts'

const setUp = async (t: { teardown: (run: () => unknown) => unknown }) => {
  const fake = await createFakeEndpoint()
  t.teardown(fake.close)
  const client = createAdminClient([{ type: 'tcp', host: '127.0.0.1', port: fake.port }], null)
  const clock = createHandClock()
  const screen = createTestScreen()
  const size = { columns: 80, rows: 24 }
  let events: TerminalEvents | undefined
  let closed = 0
  let suspended = 0
  const over = runTop({
    client,
    clock,
    color: false,
    openTerminal: given => {
      events = given
      return {
        size: () => size,
        write: screen.write,
        suspend: () => void suspended++,
        close: () => void closed++,
      }
    },
  })
  await eventually(() => fake.streams.size === 1)
  return {
    fake,
    clock,
    screen,
    size,
    over,
    closed: () => closed,
    suspended: () => suspended,
    events: events as TerminalEvents,
  }
}

t.test('it draws what changes, until a key ends it', async t => {
  const { fake, clock, screen, size, over, closed, suspended, events } = await setUp(t)
  t.match(screen.lines()[0], /^eyeballd 0\.1\.0 at 127\.0\.0\.1:/)
  t.equal(screen.lines().length, 24)
  fake.push(plainRace({ id: 1, target: 'one.example:443' }))
  const sees = (text: string) => (): boolean => {
    clock.advance(50)
    return screen.lines().some(line => line.includes(text))
  }
  t.ok(await eventually(sees('one.example')))

  events.input('p')
  t.match(screen.lines()[0], 'PAUSED')
  fake.push(plainRace({ id: 2, target: 'two.example:443' }))
  await new Promise(resolve => setTimeout(resolve, 50))
  t.notOk(sees('two.example')(), 'nothing moves while it is paused')
  events.input('p')
  t.ok(await eventually(sees('two.example')))

  events.input('\u001a')
  t.equal(suspended(), 1)
  events.input('\u001b[B'.repeat(50))
  t.match(screen.lines()[5], '> last races, from 2', 'it stays at the last line')
  events.input('\u001b[A')
  t.equal(screen.lines()[5], '> last races', 'one key leads back')

  events.input('fone\r')
  t.notOk(screen.lines().some(line => line.includes('two.example')))
  size.rows = 10
  screen.write('\u001b[2J')
  events.changed()
  t.equal(screen.lines().length, 10, 'the new size')
  events.input('q')
  t.equal(await over, null)
  t.equal(closed(), 1)
  t.equal(clock.pending(), 0)
})

t.test('a signal ends it too', async t => {
  const { over, closed, events } = await setUp(t)
  events.signal('SIGTERM')
  t.equal(await over, 'SIGTERM')
  t.equal(closed(), 1)
})

t.test('a daemon that does not answer at the start takes no terminal', async t => {
  const client = createAdminClient([{ type: 'tcp', host: '127.0.0.1', port: 1 }], null)
  const openTerminal = (): never => {
    throw new Error('it is not taken')
  }
  const clock = createHandClock()
  await t.rejects(runTop({ client, clock, color: false, openTerminal }), { code: 'ECONNREFUSED' })
})
