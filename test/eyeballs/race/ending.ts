import t from 'tap'
import { join, lose, win } from '../../../src/eyeballs/race/ending.ts'
import { createResolving } from '../../../src/eyeballs/race/racing.ts'
import type { Attempt, ConfirmingState, RacingState } from '../../../src/eyeballs/race/state.ts'
import { attemptAt, racing as racingWith } from '../../fixtures/race-state.ts'
import { candidate, openContext, raceConfig, v6 } from '../../fixtures/race.ts'

const STATUSES = ['in-flight', 'connected', 'failed', 'denied', 'in-flight'] as const

/** Five attempts, each as the list above has it; the first is the one who wins. */
const attempts = (): Attempt[] =>
  STATUSES.map((status, i) => attemptAt(v6(i + 1), { id: i + 1, startedAt: i, status }))

const plan = STATUSES.map((_, i) => candidate(v6(i + 1)))
const racing = (): RacingState => racingWith({ plan, attempts: attempts() })
const confirming = (): ConfirmingState => ({
  ...racing(),
  name: 'confirming',
  connections: [],
  firstBytes: 'none',
  helloTurns: [],
})

const winner = ({ attempts: [first] }: { readonly attempts: readonly Attempt[] }): Attempt => {
  if (!first) throw new Error('no attempt')
  return first
}

void t.test('a win follows the end of the others', async t => {
  const { context, issued } = openContext()
  const state = racing()
  t.strictSame(win(state, winner(state), 9, context), { name: 'won', winner: 1, lastAttempt: 5 })
  t.strictSame(issued, ['cancel 2 won', 'cancel 5 won', 'won 1'])
})

void t.test('who joins, too, with the reason', async t => {
  for (const reason of ['won', 'unconfirmed'] as const) {
    const { context, issued } = openContext()
    const state = confirming()
    const over = join(state, winner(state), reason, 9, context)
    t.strictSame(over, { name: 'won', winner: 1, lastAttempt: 5 })
    t.strictSame(issued, [`cancel 2 ${reason}`, `cancel 5 ${reason}`, 'joined 1'])
  }
})

void t.test('a race that nobody won ends all that is open', async t => {
  for (const [reason, cancel] of [
    ['deadline', 'deadline'],
    ['aborted', 'aborted'],
    ['all-failed', 'aborted'],
  ] as const) {
    const { context, issued } = openContext()
    t.strictSame(lose(racing(), reason, 9, context), { name: 'lost', reason, lastAttempt: 5 })
    const cancels = [1, 2, 5].map(id => `cancel ${id} ${cancel}`)
    t.strictSame(issued, [...cancels, `lost ${reason}`])
  }
})

void t.test('one that had no attempt yet has none to end', async t => {
  const { context, issued } = openContext()
  const over = lose(createResolving(raceConfig(), 0), 'no-addresses', 9, context)
  t.strictSame(over, { name: 'lost', reason: 'no-addresses', lastAttempt: 0 })
  t.strictSame(issued, ['lost no-addresses'])
})
