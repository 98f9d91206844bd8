import t from 'tap'
import type { Action, DashboardState } from '../../src/dashboard/state.ts'
import { INITIAL_STATE, nextState, RACES_MAX } from '../../src/dashboard/state.ts'
import { plainRace } from '../fixtures/race-entry.ts'
import { statusAnswer } from '../fixtures/status-answer.ts'

const after = (...actions: readonly Action[]): DashboardState =>
  actions.reduce(nextState, INITIAL_STATE)

const races = (...ids: readonly number[]): Action => ({
  type: 'races',
  races: ids.map(id => plainRace({ id })),
})

const shown = ({ races: kept }: DashboardState): string =>
  kept.map(({ key, race }) => `${key}:${race.id}`).join(' ')

t.test('races get keys; one that is there already is not added again', async t => {
  t.equal(shown(after(races(4, 5), races(5, 6), races(6))), '1:4 2:5 3:6')
  const state = after(races(4))
  t.equal(nextState(state, races(4)), state, 'nothing has changed')
})

t.test('a daemon that restarts counts from 1 again', async t => {
  const status = (startedAt: number): Action => ({
    type: 'status',
    status: statusAnswer({ startedAt }),
    nowMs: 0,
  })
  const again = after(status(1), races(1, 2, 3), status(1), races(3, 4), status(2), races(1, 2))
  t.equal(shown(again), '1:1 2:2 3:3 4:4 5:1 6:2')
  t.match(again, { newestId: 2, received: 6 })
})

t.test('the oldest race goes for a new one', async t => {
  const ids = Array.from({ length: RACES_MAX + 10 }, (_, i) => i + 1)
  const { races: kept, received } = after(races(...ids))
  t.equal(kept.length, RACES_MAX)
  t.match(kept[0], { key: 11 })
  t.equal(received, RACES_MAX + 10)
})

t.test('the clocks are compared', async t => {
  const state = after({ type: 'status', status: statusAnswer({ now: 5000 }), nowMs: 4000 })
  t.equal(state.skewMs, 1000)
})

t.test('what else the daemon sends is kept', async t => {
  const connections = { total: 0, connections: [] }
  const demoted = [
    { prefix: '192.0.2.1', evidenceAt: 1, until: 2, unresponsive: false, passedOver: 0 },
  ]
  const state = after(
    { type: 'link', link: 'reconnecting', reason: 'no answer' },
    { type: 'connections', answer: connections },
    { type: 'history', answer: { demoted } },
    { type: 'skipped', races: 3 },
    { type: 'skipped', races: 4 },
  )
  t.match(state, { link: 'reconnecting', reason: 'no answer', connections, demoted, skipped: 7 })
})

t.test('masked fields are not known; the record has them as they came', async t => {
  const record = plainRace({ durationMs: '[Redacted]' as unknown as number })
  const { races: kept } = after({ type: 'races', races: [record] })
  t.equal(kept[0]?.record, record)
  t.ok(Number.isNaN(kept[0]?.race.durationMs))
})
