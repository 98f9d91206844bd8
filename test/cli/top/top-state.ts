import t from 'tap'
import {
  EMPTY,
  RACES_MAX,
  SLOWEST_MAX,
  withConnections,
  withFailure,
  withRaces,
  withStatus,
} from '../../../src/cli/top/top-state.ts'
import { connectionOf, statusOf } from '../../fixtures/fake-endpoint.ts'
import { failedRace, plainRace } from '../../fixtures/race-entry.ts'

const START = statusOf()

const later = (ms: number, facts: Parameters<typeof statusOf>[0] = {}) =>
  statusOf({ now: START.now + ms, ...facts })

t.test('rates are differences of two answers, in a second', async t => {
  const first = withStatus(EMPTY('a'), START)
  t.equal(first.rates, null, 'one answer has none')
  const second = withStatus(
    first,
    later(2000, {
      connections: { ...START.connections, accepted: 140 },
      races: { won: { 4: 31, 6: 99 }, failed: 4, aborted: 1, hidden: 8 },
      bytes: { up: 6096, down: 5_000_000 },
    }),
  )
  t.strictSame(second.rates, {
    accepted: 10,
    rejected: 0,
    races: 6,
    failed: 1,
    hidden: 0.5,
    up: 1000,
    down: 0,
  })
})

t.test('another daemon, and a clock that was set back, have no rates', async t => {
  const first = withStatus(EMPTY('a'), START)
  t.equal(withStatus(first, later(2000, { startedAt: START.startedAt + 500 })).rates, null)
  t.equal(withStatus(first, later(-5)).rates, null)
})

t.test('a daemon that does not answer keeps what it said last', async t => {
  const known = withFailure(withStatus(withStatus(EMPTY('a'), START), later(1000)), 'gone')
  t.match(known, { failure: 'gone', rates: null, status: { version: '0.1.0' } })
  t.equal(withStatus(known, later(9000)).failure, null)
})

t.test('races are kept newest first, and the slowest by themselves', async t => {
  let state = EMPTY('a')
  t.equal(withRaces(state, []), state)
  const races = Array.from({ length: RACES_MAX + 5 }, (_, i) =>
    plainRace({ id: i, durationMs: i % 100 }),
  )
  state = withRaces(state, races)
  state = withRaces(state, [failedRace({ id: 5000, durationMs: 9999 })])
  t.equal(state.races.length, RACES_MAX)
  t.equal(state.races[0]?.id, 5000)
  t.equal(state.races[1]?.id, RACES_MAX + 4)
  t.equal(state.slowest.length, SLOWEST_MAX)
  t.ok(
    state.slowest.every(({ outcome }) => outcome === 'won'),
    'a failed race is not slow',
  )
  t.equal(state.slowest[0]?.durationMs, 99)
})

t.test('connections replace those before', async t => {
  const state = withConnections(EMPTY('a'), [connectionOf()], 7)
  t.match(state, { total: 7, connections: [{ conn: 'c1' }] })
})
