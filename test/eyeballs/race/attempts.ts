import t from 'tap'
import {
  deferAttempt,
  expireAttempts,
  giveUpOldest,
  hasInFlight,
  nextExpiryAt,
  startAttempt,
  startNext,
} from '../../../src/eyeballs/race/attempts.ts'
import type { Attempt, LookupState, RacingState } from '../../../src/eyeballs/race/state.ts'
import type { Candidate } from '../../../src/eyeballs/race/types.ts'
import { nth } from '../../fixtures/nth.ts'
import { attemptAt, lookup, racing as racingWith } from '../../fixtures/race-state.ts'
import { candidate, demoted, openContext, v4, v6 } from '../../fixtures/race.ts'

const racing = (...plan: Candidate[]): RacingState => racingWith({ plan })

void t.test('an attempt gets the next number, and says whether it was moved back', async t => {
  const { context, issued } = openContext()
  const state = racing()
  startAttempt(state, candidate(v6(1)), 5, context)
  const second = startAttempt(state, demoted(v6(2)), 9, context)
  t.strictSame(issued, [`connect 1 ${v6(1)}`, `connect 2 ${v6(2)} demoted`])
  t.equal(state.attempts[1], second)
  t.match(second, { id: 2, startedAt: 9, status: 'in-flight', sent: true })
})

void t.test('one at a time, and when to look again', async t => {
  const { context, issued } = openContext()
  const state = racing(candidate(v6(1)), candidate(v6(2)))
  t.equal(startNext(state, 0, context), 250)
  t.equal(startNext(state, 249, context), 250)
  t.strictSame(issued, [`connect 1 ${v6(1)}`])
  t.equal(startNext(state, 250, context), Infinity, 'nothing is left to start')
  t.strictSame(issued.slice(1), [`connect 2 ${v6(2)}`])
  t.equal(startNext(state, 500, context), Infinity)
  t.equal(issued.length, 2)
})

void t.test('their own limit ends attempts in flight, and no others', async t => {
  const { context, issued } = openContext({ timing: { attemptTimeoutMs: 100 } })
  const state = racing()
  for (const n of [1, 2, 3]) startAttempt(state, candidate(v6(n)), 10 * n, context)
  const [first, second] = state.attempts
  if (second) second.status = 'connected'
  t.equal(nextExpiryAt(state, context), 110)
  issued.length = 0
  expireAttempts(state, 120, context)
  t.strictSame(issued, ['cancel 1 attempt-timeout'])
  t.equal(first?.status, 'failed')
  t.equal(nextExpiryAt(state, context), 130)
  t.equal(hasInFlight(state), true)
  expireAttempts(state, 130, context)
  t.equal(hasInFlight(state), false)
  t.equal(nextExpiryAt(state, context), Infinity)
})

void t.test('without a limit they live on', async t => {
  const { context, issued } = openContext()
  const state = racing()
  startAttempt(state, candidate(v6(1)), 0, context)
  expireAttempts(state, 1e9, context)
  t.equal(issued.length, 1)
  t.equal(nextExpiryAt(state, context), Infinity)
})

void t.test('an attempt says which name brought its address', async t => {
  const { context } = openContext()
  const state = racingWith({
    lookups: [lookup('AAAA', v6(1)), { ...lookup('A', v4(2)), name: 2 }],
  })
  for (const address of [v6(1), v4(2), v4(9)]) startAttempt(state, candidate(address), 0, context)
  t.strictSame(
    state.attempts.map(({ name }) => name),
    [0, 2, null],
  )
})

void t.test(
  'until a packet has left, an answer is waited for as long as the Resolution Delay',
  async t => {
    const unsent = { status: 'failed', sent: false } as const
    const pending = { ...lookup('A'), status: 'pending' } as const
    const state = (attempt: Partial<Attempt>, lookups: LookupState[]) =>
      racingWith({ plan: [candidate(v6(2))], attempts: [attemptAt(v6(1), attempt)], lookups })
    const { context } = openContext()
    t.equal(startNext(state(unsent, [pending]), 5, context), 50)
    t.equal(startNext(state(unsent, [pending]), 50, context), Infinity, 'no longer')
    t.equal(startNext(state(unsent, [lookup('A')]), 5, context), Infinity, 'nothing is to come')
    t.equal(
      startNext(state({ status: 'failed' }, [pending]), 15, context),
      Infinity,
      'one was sent',
    )
  },
)

void t.test('one that no descriptor was free for is taken back, and waits', async t => {
  const { context, issued } = openContext()
  const state = racing(candidate(v6(1)), candidate(v6(2)))
  startNext(state, 0, context)
  startNext(state, 250, context)
  deferAttempt(state, nth(state.attempts, 1), 250, context)
  t.equal(state.attempts.length, 1)
  t.equal(startNext(state, 260, context), 500, 'as long as the next attempt would')
  t.equal(issued.length, 2)
  state.deferredUntil = null
  t.equal(startNext(state, 270, context), Infinity)
  t.strictSame(issued.slice(2), [`connect 2 ${v6(2)}`], 'a wake tries again')
  deferAttempt(state, nth(state.attempts, 1), 270, context)
  nth(state.attempts, 0).status = 'failed'
  startNext(state, 280, context)
  t.strictSame(issued.slice(3), [`connect 2 ${v6(2)}`], 'one that is alone waits for nobody')
})

void t.test(
  'where descriptors are scarce the oldest in flight are given up, all but six',
  async t => {
    const { context, issued } = openContext()
    const statuses = [
      'failed',
      'in-flight',
      'connected',
      ...Array.from({ length: 6 }, () => 'in-flight' as const),
    ] as const
    const state = racingWith({
      attempts: statuses.map((status: Attempt['status'], i) =>
        attemptAt(v6(i + 1), { id: i + 1, status }),
      ),
    })
    giveUpOldest(state, 5, context)
    t.strictSame(issued, ['cancel 2 descriptors', 'cancel 4 descriptors'])
    t.equal(state.attempts[1]?.status, 'failed')
    giveUpOldest(state, 6, context)
    t.equal(issued.length, 2, 'six have one')
  },
)
