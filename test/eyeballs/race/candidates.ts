import t from 'tap'
import { isHidden, nextCandidate, planCandidates } from '../../../src/eyeballs/race/candidates.ts'
import type { Attempt, LookupState } from '../../../src/eyeballs/race/state.ts'
import type { Candidate } from '../../../src/eyeballs/race/types.ts'
import { candidate, raceConfig, v4, v6 } from '../../fixtures/race.ts'

const lookup = (record: 'A' | 'AAAA', ...addresses: string[]): LookupState => ({
  record,
  status: 'positive',
  candidates: addresses.map(address => candidate(address)),
})

const attempt = (
  address: string,
  status: Attempt['status'] = 'in-flight',
  port = 443,
): Attempt => ({ id: 1, candidate: candidate(address, port), startedAt: 0, status, sent: true })

const texts = (plan: readonly Candidate[]): string[] => plan.map(({ address }) => address)

void t.test('the plan is sorted, then interleaved (S1, S6)', async t => {
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
    const lookups: LookupState[] = [
      { record: 'AAAA', status: 'positive', candidates: [{ ...candidate(v6(1)), source: null }] },
      {
        record: 'A',
        status: 'positive',
        candidates: [{ ...candidate(v4(1)), source: '192.0.2.77' }],
      },
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
  const ports: LookupState[] = [443, 8443].map(port => ({
    record: 'A',
    status: 'positive',
    candidates: [candidate(v4(1), port)],
  }))
  t.equal(planCandidates(ports, raceConfig()).length, 2)
})

void t.test('the next is the first of the plan that was not tried', async t => {
  const plan = [v6(1), v4(1), v6(2)].map(address => candidate(address))
  t.equal(nextCandidate(plan, [])?.address, v6(1))
  t.equal(nextCandidate(plan, [attempt(v6(1))])?.address, v4(1))
  t.equal(nextCandidate(plan, [attempt(v6(1), 'failed'), attempt(v4(1))])?.address, v6(2))
  t.equal(nextCandidate(plan, [attempt(v6(1), 'failed', 8443)])?.address, v6(1))
  t.equal(nextCandidate([], []), undefined)
})

void t.test('a win is hidden where another that may be dialled stood first', async t => {
  const plan = [v6(1), v4(1)].map(address => candidate(address))
  t.equal(isHidden(attempt(v6(1)), plan, []), false)
  t.equal(isHidden(attempt(v4(1)), plan, []), true)
  t.equal(isHidden(attempt(v4(1)), plan, [attempt(v6(1), 'denied')]), false)
  t.equal(isHidden(attempt(v4(1)), plan, [attempt(v6(1), 'failed')]), true)
  t.equal(isHidden(attempt(v6(9)), plan, []), false, 'no longer in the answers')
})
