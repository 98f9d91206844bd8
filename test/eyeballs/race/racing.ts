import t from 'tap'
import type { AttemptEvent } from '../../../src/eyeballs/race/racing.ts'
import {
  race,
  resetSecond,
  resolve,
  settleAttempt,
  createResolving,
} from '../../../src/eyeballs/race/racing.ts'
import type { Attempt, LookupState, RacingState } from '../../../src/eyeballs/race/state.ts'
import { attemptAt, lookup, racing } from '../../fixtures/race-state.ts'
import {
  candidate,
  confirmed,
  connected,
  deferred,
  denied,
  openContext,
  raceConfig,
  refused,
  unreachable,
  v4,
  v6,
} from '../../fixtures/race.ts'

const deadline = { timing: { connectTimeoutMs: 1000 } }

void t.test('before an address is known only the deadline is waited for', async t => {
  const { context, issued } = openContext(deadline)
  const state = createResolving(context.config, 0)
  t.equal(resolve(state, 0, context), 1000)
  t.match(resolve(state, 1000, context), { name: 'lost', reason: 'deadline', lastAttempt: 0 })
  t.strictSame(issued, ['lost deadline'])
  t.equal(resolve(createResolving(raceConfig(), 0), 5, openContext().context), Infinity)
})

void t.test('no address and no lookup out: lost', async t => {
  const { context, issued } = openContext()
  const state = createResolving(context.config, 0)
  for (const each of state.lookups) each.status = 'negative'
  t.match(resolve(state, 9, context), { name: 'lost', reason: 'no-addresses' })
  t.strictSame(issued, ['lost no-addresses'])
})

void t.test('where the name is known not to exist, its refresh is waited for', async t => {
  const { context } = openContext(deadline)
  const state = createResolving(context.config, 0)
  for (const each of state.lookups) each.status = 'negative'
  const [, a] = state.lookups
  if (a) a.refreshing = true
  t.equal(resolve(state, 9, context), 1000)
  if (a) a.refreshing = false
  t.match(resolve(state, 20, context), { name: 'lost', reason: 'no-addresses' })
})

void t.test('an address leads on to the race, at once or when its wait is over', async t => {
  const { context, issued } = openContext()
  const state = createResolving(context.config, 0)
  const [, a] = state.lookups
  if (a) Object.assign(a, { status: 'positive', candidates: [candidate(v4(1))] })
  state.firstAnswerAt = 10
  t.equal(resolve(state, 10, context), 60)
  t.match(resolve(state, 60, context), {
    name: 'racing',
    attempts: [],
    plan: [{ address: v4(1) }],
    delayEndAt: 60,
  })
  t.strictSame(issued, [])
})

const racingOver = (lookups: readonly LookupState[]): RacingState =>
  racing({ lookups, plan: [candidate(v6(1))] })

void t.test(
  'a race starts attempts and ends when all have failed and no answer is on its way',
  async t => {
    const { context, issued } = openContext(deadline)
    const pending: LookupState = { ...lookup('A'), status: 'pending' }
    const refreshing: LookupState = { ...lookup('A', v4(9)), refreshing: true }
    for (const about of [pending, refreshing, lookup('A')]) {
      const state = racingOver([about])
      t.equal(race(state, 0, context), 1000)
      const [attempt] = state.attempts
      if (attempt) attempt.status = 'failed'
      const next = race(state, 20, context)
      if (about === pending || about === refreshing) t.equal(next, 1000)
      else t.match(next, { name: 'lost', reason: 'all-failed', lastAttempt: 1 })
    }
    const start = `connect 1 ${v6(1)}`
    t.strictSame(issued, [start, start, start, 'lost all-failed'])
  },
)

void t.test('at its deadline what is in flight is cancelled', async t => {
  const { context, issued } = openContext(deadline)
  const state = racingOver([{ ...lookup('A'), status: 'pending' }])
  race(state, 0, context)
  t.match(race(state, 1000, context), { name: 'lost', reason: 'deadline', lastAttempt: 1 })
  t.strictSame(issued.slice(1), ['cancel 1 deadline', 'lost deadline'])
})

/** What an event makes of the only attempt of a race, whose status is this before. */
const settle = (status: Attempt['status'], event: RaceEvent) => {
  const { context, issued } = openContext()
  const attempt = attemptAt(v6(1), { status })
  const state = racing({ attempts: [attempt], plan: [candidate(v6(1))] })
  const next = settleAttempt(state, event as AttemptEvent, 20, context)
  return { attempt, next, issued, state }
}
type RaceEvent = ReturnType<typeof connected>

void t.test('one that connects wins', async t => {
  const { next, issued } = settle('in-flight', connected(1))
  t.match(next, { name: 'won', winner: 1 })
  t.strictSame(issued, ['won 1'])
})

void t.test('one that fails is over, denied or not, sent or not', async t => {
  for (const [event, status, sent] of [
    [refused(1), 'failed', true],
    [unreachable(1), 'failed', false],
    [denied(1), 'denied', false],
  ] as const) {
    const { attempt, next, state } = settle('in-flight', event)
    t.equal(next, state)
    t.match(attempt, { status, sent })
  }
  t.match(settle('connected', refused(1)).attempt, { status: 'failed', sent: true })
  t.match(settle('denied', refused(1)).attempt, { status: 'denied' }, 'it was over before')
})

void t.test('one that connects after it was given up is reset', async t => {
  const { attempt, issued } = settle('failed', connected(1))
  t.strictSame(issued, ['cancel 1 second'])
  t.equal(attempt.status, 'failed')
  const { context } = openContext()
  resetSecond(refused(1) as AttemptEvent, 20, context)
})

void t.test('one that was not started is taken back', async t => {
  const { next, state } = settle('in-flight', deferred(1))
  t.equal(next, state)
  t.strictSame(state.attempts, [])
  t.equal(state.deferredUntil, 270)
})

void t.test('what cannot happen to it is nothing', async t => {
  for (const [status, event] of [
    ['in-flight', connected(2)],
    ['connected', connected(1)],
    ['connected', confirmed(1)],
    ['connected', deferred(1)],
    ['failed', deferred(1)],
  ] as const) {
    t.equal(settle(status, event).next, undefined, `${event.type} of one that is ${status}`)
  }
})
