import t from 'tap'
import {
  isHidden,
  nameOf,
  nextCandidate,
  planCandidates,
} from '../../../src/eyeballs/race/candidates.ts'
import type { Attempt, LookupState } from '../../../src/eyeballs/race/state.ts'
import type { Candidate } from '../../../src/eyeballs/race/types.ts'
import { attemptAt, lookup } from '../../fixtures/race-state.ts'
import { candidate, marked, raceConfig, v4, v6 } from '../../fixtures/race.ts'

const texts = (plan: readonly Candidate[]): string[] => plan.map(({ address }) => address)

void t.test('the plan is sorted, then interleaved', async t => {
  const lookups = [lookup('A', v4(1), v4(2)), lookup('AAAA', v6(1), v6(2))]
  t.strictSame(texts(planCandidates(lookups, raceConfig())), [v6(1), v4(1), v6(2), v4(2)])
  t.strictSame(texts(planCandidates(lookups, raceConfig({ firstAddressFamilyCount: 2 }))), [
    v6(1),
    v6(2),
    v4(1),
    v4(2),
  ])
})

void t.test(
  'RFC 6724 may put IPv4 first: an IPv6 address without a source is not usable',
  async t => {
    const lookups = [
      lookup('AAAA', { ...candidate(v6(1)), source: null }),
      lookup('A', { ...candidate(v4(1)), source: '192.0.2.77' }),
    ]
    t.strictSame(texts(planCandidates(lookups, raceConfig())), [v4(1), v6(1)])
    const preferred = raceConfig({ order: 'preferred', preferredFamily: 6 })
    t.strictSame(texts(planCandidates(lookups, preferred)), [v6(1), v4(1)])
  },
)

void t.test('an order given by hand is interleaved, not sorted', async t => {
  const lookups = [lookup('A', v4(2)), lookup('A', v4(1)), lookup('AAAA', v6(1))]
  t.strictSame(texts(planCandidates(lookups, raceConfig({ order: 'given' }))), [
    v4(2),
    v6(1),
    v4(1),
  ])
})

void t.test('one endpoint stands once, one address at two ports twice', async t => {
  const again = [lookup('A', v4(1)), lookup('A', v4(1))]
  t.strictSame(texts(planCandidates(again, raceConfig())), [v4(1)])
  const ports = [443, 8443].map(port => lookup('A', candidate(v4(1), port)))
  t.equal(planCandidates(ports, raceConfig()).length, 2)
})

void t.test('a win is hidden where another that may be dialled stood first', async t => {
  const lookups = [lookup('AAAA', v6(1)), lookup('A', v4(1))]
  const plan = planCandidates(lookups, raceConfig())
  const hidden = (winner: string, ...attempts: Attempt[]): boolean =>
    isHidden(attemptAt(winner), { plan, lookups, attempts }, raceConfig())
  t.equal(hidden(v6(1)), false)
  t.equal(hidden(v4(1)), true)
  t.equal(hidden(v4(1), attemptAt(v6(1), { status: 'denied' })), false)
  t.equal(hidden(v4(1), attemptAt(v6(1), { status: 'failed' })), true)
  t.equal(hidden(v6(9)), false, 'no longer in the answers')
})

/** A lookup of candidates that history has lookupOf. */
const lookupOf = (record: 'A' | 'AAAA', ...marks: readonly Partial<Candidate>[]): LookupState =>
  lookup(
    record,
    ...marks.map((mark, i) => ({
      ...candidate(record === 'A' ? v4(i + 1) : v6(i + 1)),
      ...mark,
    })),
  )

void t.test('demoted candidates stand behind all others, mixed among themselves', async t => {
  const gone = { demoted: true }
  const plan = (...lookups: LookupState[]): string[] => texts(planCandidates(lookups, raceConfig()))
  t.strictSame(plan(lookupOf('AAAA', gone, gone), lookupOf('A', {}, {})), [
    v4(1),
    v4(2),
    v6(1),
    v6(2),
  ])
  t.strictSame(plan(lookupOf('AAAA', gone, {}), lookupOf('A', {}, gone)), [
    v6(2),
    v4(1),
    v6(1),
    v4(2),
  ])
  t.strictSame(plan(lookupOf('AAAA', gone, gone), lookupOf('A', gone)), [v6(1), v4(1), v6(2)])
  const preferred = raceConfig({ order: 'preferred', preferredFamily: 6 })
  const lookups = [lookupOf('AAAA', gone), lookupOf('A', {})]
  t.strictSame(texts(planCandidates(lookups, preferred)), [v4(1), v6(1)], 'however it is preferred')
})

void t.test('known round-trip times decide inside a family', async t => {
  const lookups = [
    lookupOf('AAAA', {}, { rttMs: 90 }, { rttMs: 15 }),
    lookupOf('A', {}, { rttMs: 1 }),
  ]
  t.strictSame(texts(planCandidates(lookups, raceConfig())), [v6(3), v4(2), v6(2), v4(1), v6(1)])
})

void t.test('what history did hides nothing: only what went wrong does', async t => {
  const config = raceConfig()
  const lookups = [lookupOf('AAAA', { demoted: true }, { rttMs: 9 }), lookupOf('A', { rttMs: 5 })]
  const plan = planCandidates(lookups, config)
  const hidden = (address: string): boolean =>
    isHidden(attemptAt(address), { plan, lookups, attempts: [] }, config)
  t.strictSame(texts(plan), [v6(2), v4(1), v6(1)])
  t.equal(hidden(v6(1)), false, 'the first without history')
  t.equal(hidden(v6(2)), true)
  t.equal(hidden(v4(1)), true)
  t.equal(hidden(v6(9)), false, 'no longer in the answers')
  const near = [lookupOf('AAAA', {}, { rttMs: 9 }), lookupOf('A', {}, { rttMs: 5 })]
  const nearPlan = planCandidates(near, config)
  const passes = (address: string): boolean =>
    isHidden(attemptAt(address), { plan: nearPlan, lookups: near, attempts: [] }, config)
  t.strictSame(texts(nearPlan), [v6(2), v4(2), v6(1), v4(1)])
  t.equal(passes(v6(2)), false, 'a nearer one of equals was chosen: nothing is broken')
  t.equal(passes(v4(2)), true, 'the nearer one did not win either')
  t.equal(passes(v4(1)), true)
  const given = raceConfig({ addresses: plan, order: 'given' })
  const none = { plan: planCandidates([], given), lookups: [], attempts: [] }
  t.equal(isHidden(attemptAt(v6(1)), none, given), true)
  t.equal(isHidden(attemptAt(v6(2)), none, given), false)
})

void t.test('round-trip times that change no order change nothing', async t => {
  const config = raceConfig()
  const hiddenBy = (...lookups: LookupState[]): boolean[] => {
    const plan = planCandidates(lookups, config)
    return plan.map(({ address }) =>
      isHidden(attemptAt(address), { plan, lookups, attempts: [] }, config),
    )
  }
  const untaught = hiddenBy(lookupOf('AAAA', {}, {}), lookupOf('A', {}))
  t.same(untaught, [false, true, true])
  const [near, nearer] = [{ rttMs: 9 }, { rttMs: 1 }]
  t.same(hiddenBy(lookupOf('AAAA', near, nearer), lookupOf('A', near)), untaught)
})

void t.test(
  'a NAT64 address is sorted and mixed as the IPv4 address it stands for (R14)',
  async t => {
    const nat64 = { ...candidate('64:ff9b::c000:201'), embedded: '192.0.2.1' }
    const lookups = [lookup('A', nat64), lookup('AAAA', v6(1), v6(2))]
    t.strictSame(texts(planCandidates(lookups, raceConfig())), [v6(1), nat64.address, v6(2)])
    const preferred = raceConfig({ order: 'preferred', preferredFamily: 4 })
    t.strictSame(texts(planCandidates(lookups, preferred))[0], nat64.address)
  },
)

void t.test('a First Address Family Count of 0 does not mix the families', async t => {
  const lookups = [lookup('A', v4(1), v4(2)), lookup('AAAA', v6(1), v6(2))]
  const plan = planCandidates(lookups, raceConfig({ firstAddressFamilyCount: 0 }))
  t.strictSame(texts(plan), [v6(1), v6(2), v4(1), v4(2)])
})

void t.test('addresses that need no lookup stand before those of lookups', async t => {
  const config = raceConfig({ order: 'given', addresses: [candidate(v4(1)), candidate(v4(2))] })
  t.strictSame(texts(planCandidates([], config)), [v4(1), v4(2)])
  t.strictSame(texts(planCandidates([lookup('A', v4(3), v4(1))], config)), [v4(1), v4(2), v4(3)])
})

void t.test("the host's own unique local addresses reach the sort", async t => {
  const lookups = [lookup('AAAA', v6(1), 'fd00:1:2::1')]
  const plan = (knownLocal: readonly string[]): string[] =>
    texts(planCandidates(lookups, raceConfig({ policyTable: 'updated', knownLocal })))
  t.strictSame(plan([]), [v6(1), 'fd00:1:2::1'])
  t.strictSame(plan(['fd00:1:2::99']), ['fd00:1:2::1', v6(1)])
})

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
