import t from 'tap'
import {
  expireAttempts,
  hasInFlight,
  nextExpiryAt,
  startAttempt,
  startNext,
} from '../../../src/eyeballs/race/attempts.ts'
import type { RacingState } from '../../../src/eyeballs/race/state.ts'
import type { Candidate } from '../../../src/eyeballs/race/types.ts'
import { candidate, demoted, openContext, v6 } from '../../fixtures/race.ts'

const racing = (...plan: Candidate[]): RacingState => ({
  name: 'racing',
  startedAt: 0,
  lookups: [],
  attempts: [],
  plan,
})

void t.test('an attempt gets the next number, and says whether it was moved back', async t => {
  const { context, said } = openContext()
  const state = racing()
  startAttempt(state, candidate(v6(1)), 5, context)
  const second = startAttempt(state, demoted(v6(2)), 9, context)
  t.strictSame(said, [`connect 1 ${v6(1)}`, `connect 2 ${v6(2)} demoted`])
  t.equal(state.attempts[1], second)
  t.match(second, { id: 2, startedAt: 9, status: 'in-flight', sent: true })
})

void t.test('A1: one at a time, and when to look again', async t => {
  const { context, said } = openContext()
  const state = racing(candidate(v6(1)), candidate(v6(2)))
  t.equal(startNext(state, 0, context), 250)
  t.equal(startNext(state, 249, context), 250)
  t.strictSame(said, [`connect 1 ${v6(1)}`])
  t.equal(startNext(state, 250, context), Infinity, 'nothing is left to start')
  t.strictSame(said.slice(1), [`connect 2 ${v6(2)}`])
  t.equal(startNext(state, 500, context), Infinity)
  t.equal(said.length, 2)
})

void t.test('their own limit ends attempts in flight, and no others', async t => {
  const { context, said } = openContext({ timing: { attemptTimeoutMs: 100 } })
  const state = racing()
  for (const n of [1, 2, 3]) startAttempt(state, candidate(v6(n)), 10 * n, context)
  const [first, second] = state.attempts
  if (second) second.status = 'connected'
  t.equal(nextExpiryAt(state, context), 110)
  said.length = 0
  expireAttempts(state, 120, context)
  t.strictSame(said, ['cancel 1 attempt-timeout'])
  t.equal(first?.status, 'failed')
  t.equal(nextExpiryAt(state, context), 130)
  t.equal(hasInFlight(state), true)
  expireAttempts(state, 130, context)
  t.equal(hasInFlight(state), false)
  t.equal(nextExpiryAt(state, context), Infinity)
})

void t.test('without a limit they live on', async t => {
  const { context, said } = openContext()
  const state = racing()
  startAttempt(state, candidate(v6(1)), 0, context)
  expireAttempts(state, 1e9, context)
  t.equal(said.length, 1)
  t.equal(nextExpiryAt(state, context), Infinity)
})
