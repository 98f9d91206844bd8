import t from 'tap'
import type { AttemptEvent } from '../../../src/eyeballs/race/settling.ts'
import { resetSecond, settleAttempt } from '../../../src/eyeballs/race/settling.ts'
import type { Attempt } from '../../../src/eyeballs/race/state.ts'
import { attemptAt, racing } from '../../fixtures/race-state.ts'
import {
  candidate,
  confirmed,
  connected,
  deferred,
  denied,
  openContext,
  refused,
  unreachable,
  v6,
} from '../../fixtures/race.ts'

/** What an event makes of the only attempt of a race, whose status is this before. */
const settle = (status: Attempt['status'], event: RaceEvent) => {
  const { context, said } = openContext()
  const attempt = attemptAt(v6(1), { status })
  const state = racing({ attempts: [attempt], plan: [candidate(v6(1))] })
  const next = settleAttempt(state, event as AttemptEvent, 20, context)
  return { attempt, next, said, state }
}
type RaceEvent = ReturnType<typeof connected>

void t.test('one that connects wins', async t => {
  const { next, said } = settle('in-flight', connected(1))
  t.match(next, { name: 'won', winner: 1 })
  t.strictSame(said, ['won 1'])
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
  const { attempt, said } = settle('failed', connected(1))
  t.strictSame(said, ['cancel 1 second'])
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
