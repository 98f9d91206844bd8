import t from 'tap'
import type { AdminClient } from '../../../src/cli/admin-client.ts'
import { createAdminClient } from '../../../src/cli/admin-client.ts'
import { POLL_MS, followDaemon } from '../../../src/cli/top/follow-daemon.ts'
import type { TopState } from '../../../src/cli/top/top-state.ts'
import { EMPTY, withStatus } from '../../../src/cli/top/top-state.ts'
import { connectionOf, createFakeEndpoint, statusOf } from '../../fixtures/fake-endpoint.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { eventually } from '../../fixtures/in-parallel.ts'
import { plainRace } from '../../fixtures/race-entry.ts'

t.test('no race of a restarted daemon is lost, whatever it answers first', async t => {
  let startedAt = 1
  let races = [plainRace({ id: 5 })]
  let asked = 0
  let endStream = (): void => {}
  const client: AdminClient = {
    where: () => 'there',
    get: async path => {
      if (path.startsWith('/connections')) return { total: 0, connections: [] }
      if (path.startsWith('/races')) {
        asked++
        return { races }
      }
      const status = statusOf({ startedAt })
      // Later than the races.
      await new Promise(resolve => setTimeout(resolve, 20))
      return status
    },
    stream: (_path, _lastId, _onEvent, signal) =>
      new Promise(resolve => {
        endStream = resolve
        signal.addEventListener('abort', () => resolve())
      }),
  }
  const clock = createHandClock()
  const ending = new AbortController()
  let state: TopState = withStatus(EMPTY('a'), statusOf({ startedAt }))
  const change = (next: TopState): void => void (state = next)
  const over = followDaemon({ client, clock, first: state, signal: ending.signal, change })
  const ids = (): string => state.races.map(({ id }) => id).join(' ')
  const becomes = (holds: () => boolean) =>
    eventually(() => {
      clock.advance(POLL_MS)
      return holds()
    }, 5000)
  t.ok(await becomes(() => ids() === '5'))

  startedAt = 2
  races = [plainRace({ id: 2 }), plainRace({ id: 1 })]
  endStream()
  t.ok(await becomes(() => ids() === '2 1 5'), ids())
  const before = asked
  endStream()
  t.ok(await becomes(() => asked > before))
  t.equal(ids(), '2 1 5', 'none twice')
  ending.abort()
  await over
})

t.test('it follows a daemon, also through a restart', async t => {
  const fake = await createFakeEndpoint({
    races: [plainRace({ id: 6 }), plainRace({ id: 5 })],
    connections: [connectionOf()],
  })
  const client = createAdminClient([{ type: 'tcp', host: '127.0.0.1', port: fake.port }], null)
  const clock = createHandClock()
  const ending = new AbortController()
  let state: TopState = withStatus(EMPTY('a'), statusOf())
  const over = followDaemon({
    client,
    clock,
    first: state,
    signal: ending.signal,
    change: next => (state = next),
  })
  const ids = (): string => state.races.map(({ id }) => id).join(' ')

  await eventually(() => fake.streams.size === 1 && state.total === 1)
  t.equal(ids(), '6 5', 'the races of before')
  fake.push(plainRace({ id: 6 }))
  fake.push(plainRace({ id: 7 }))
  await eventually(() => ids() === '7 6 5')
  t.equal(ids(), '7 6 5', 'none twice')

  fake.daemon.status = statusOf({ now: statusOf().now + 1000 })
  clock.advance(POLL_MS)
  await eventually(() => state.rates !== null)
  t.ok(state.rates, 'a second answer gives rates')

  const { port } = fake
  await fake.close()
  clock.advance(POLL_MS)
  await eventually(() => state.failure !== null)
  t.match(state.failure, /^no daemon listens at/)
  t.equal(ids(), '7 6 5', 'what was known stays')

  const startedAt = statusOf().startedAt + 60_000
  const again = await createFakeEndpoint(
    { status: statusOf({ startedAt }), races: [plainRace({ id: 1 })] },
    port,
  )
  await eventually(() => {
    clock.advance(POLL_MS)
    return state.failure === null && ids() === '1 7 6 5'
  })
  t.equal(ids(), '1 7 6 5', 'the restarted daemon counts from 1')
  t.equal(state.failure, null)

  ending.abort()
  await over
  t.equal(clock.pending(), 0, 'nothing is left to do')
  await again.close()
})
