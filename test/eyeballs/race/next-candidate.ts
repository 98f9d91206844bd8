import t from 'tap'
import { nameOf, nextCandidate } from '../../../src/eyeballs/race/next-candidate.ts'
import type { Attempt, LookupState } from '../../../src/eyeballs/race/state.ts'
import { attemptAt, lookup } from '../../fixtures/race-state.ts'
import { candidate, marked, raceConfig, v4, v6 } from '../../fixtures/race.ts'

const all = raceConfig()

void t.test('the next is the first of the plan that was not tried', async t => {
  const plan = [v6(1), v4(1), v6(2)].map(address => candidate(address))
  const next = (...tried: ReturnType<typeof candidate>[]): string | undefined =>
    nextCandidate({ plan, attempts: tried.map(each => attemptAt(each)), lookups: [] }, all)?.address
  t.equal(next(), v6(1))
  t.equal(next(candidate(v6(1))), v4(1))
  t.equal(next(candidate(v4(1)), candidate(v6(1))), v6(2))
  t.equal(next(candidate(v6(1), 8443)), v6(1), 'another port is another endpoint')
  t.equal(next(...plan), undefined)
})

void t.test('an address is of the first name that brings it, or of none', async t => {
  const lookups = [lookup('AAAA', v6(1)), { ...lookup('A', v4(1), v4(2)), name: 2 }]
  t.equal(nameOf(candidate(v6(1)), lookups), 0)
  t.equal(nameOf(marked(v4(2), { rttMs: 5 }), lookups), 2, 'whatever is known of it')
  t.equal(nameOf(candidate(v4(2), 8443), lookups), null)
})

/** Names with these lookups, whose attempts were made in their order. */
const nextOf = (
  lookups: readonly LookupState[],
  attempts: Attempt[],
  maxAttemptsPerName = 4,
): string | undefined => {
  const plan = lookups.flatMap(({ candidates }) => candidates)
  return nextCandidate({ plan, attempts, lookups }, raceConfig({ maxAttemptsPerName }))?.address
}

const six = (count: number) => lookup('AAAA', ...Array.from({ length: count }, (_, i) => v6(i + 1)))
const tried = (count: number, changes: Partial<Attempt> = {}): Attempt[] =>
  Array.from({ length: count }, (_, i) => attemptAt(v6(i + 1), { status: 'failed', ...changes }))

void t.test('no more addresses of a name are attempted than its limit', async t => {
  const lookups = [six(9), lookup('A')]
  t.equal(nextOf(lookups, tried(3)), v6(4))
  t.equal(nextOf(lookups, tried(4)), undefined)
  t.equal(nextOf(lookups, tried(4), 16), v6(5))
  t.equal(nextOf(lookups, tried(6, { status: 'denied' })), v6(7), 'what was denied does not count')
  t.equal(nextOf(lookups, tried(6, { sent: false })), undefined, 'what failed inside the host does')
})

void t.test('half of them are kept for an answer that is on its way', async t => {
  for (const other of [
    { ...lookup('A'), status: 'pending' as const },
    { ...lookup('A'), refreshing: true },
  ]) {
    t.equal(nextOf([six(9), other], tried(1)), v6(2))
    t.equal(nextOf([six(9), other], tried(2)), undefined)
  }
  const stale = { ...six(9), refreshing: true }
  t.equal(nextOf([stale, lookup('A')], tried(2)), undefined, 'for one that takes its place, too')
  t.equal(nextOf([six(9), lookup('A')], tried(2)), v6(3))
  t.equal(nextOf([six(9), { ...lookup('A'), status: 'pending' }], tried(2), 5), undefined)
})

void t.test('each name has a limit of its own; an address that was given has none', async t => {
  const second = { ...lookup('A', v4(1)), name: 2 }
  t.equal(nextOf([six(9), lookup('A'), second], tried(4)), v4(1))
  const waiting = { ...lookup('AAAA'), name: 2, status: 'pending' as const }
  t.equal(nextOf([six(9), lookup('A'), waiting], tried(3)), v6(4), 'nor is anything kept for it')
  const plan = [...six(9).candidates, candidate(v4(7))]
  const state = { plan, attempts: tried(4), lookups: [six(9)] }
  t.equal(nextCandidate(state, raceConfig({ maxAttemptsPerName: 4 }))?.address, v4(7))
})
