import t from 'tap'
import { hiddenCause, untriedDemoted } from '../../../src/eyeballs/race/hidden-cause.ts'
import type { AttemptSummary, RaceSummary } from '../../../src/eyeballs/race/summary.ts'
import type { Candidate, RaceTrace } from '../../../src/eyeballs/race/types.ts'
import { candidate, demoted } from '../../fixtures/race.ts'
import { wonEvent } from '../../fixtures/race-trace.ts'

const attempt = (n: number, address: string, end: Partial<AttemptSummary>): AttemptSummary => ({
  n,
  address,
  family: address.includes(':') ? 6 : 4,
  port: 443,
  startMs: 0,
  endMs: 1,
  outcome: 'failed',
  ...end,
})

/** A race that the last attempt has won. */
const raceOf = (
  attempts: readonly AttemptSummary[],
  addresses: readonly Candidate[] = [],
): { trace: RaceTrace; summary: RaceSummary } => {
  const winner = attempts.at(-1)
  const { trace, summary } = wonEvent
  return {
    trace: { ...trace, config: { ...trace.config, addresses }, entries: [] },
    summary: { ...summary, attempts, winner: winner ? { ...winner, local: '' } : null },
  }
}

const winner = attempt(9, '192.0.2.1', { outcome: 'connected' })
const failed = attempt(2, '2001:db8::2', { code: 'ECONNREFUSED' })
const denied = attempt(1, '192.0.2.3', { outcome: 'denied', code: 'EACCES' })
const second = attempt(1, '192.0.2.4', { outcome: 'lost' })
const silent = attempt(1, '2001:db8::1', { outcome: 'cancelled' })

t.test('the first attempt that did not connect is the cause', async t => {
  t.same(hiddenCause(raceOf([denied, second, failed, winner])), { family: 6, code: 'ECONNREFUSED' })
  t.same(hiddenCause(raceOf([silent, failed, winner])), { family: 6, code: 'unanswered' })
  const late = attempt(1, '2001:db8::1', { outcome: 'cancelled', demoted: true })
  t.same(hiddenCause(raceOf([late, winner])), { family: 6, code: 'demoted' })
})

t.test('else a demoted address, else one that connected second', async t => {
  const moved = demoted('2001:db8::5')
  t.same(hiddenCause(raceOf([second, winner], [moved])), { family: 6, code: 'demoted' })
  t.same(hiddenCause(raceOf([second, winner])), { family: 4, code: 'slower' })
  t.equal(hiddenCause(raceOf([winner])), null)
  const behind = attempt(10, '192.0.2.5', { outcome: 'cancelled' })
  const race = raceOf([behind, winner], [moved])
  t.same(hiddenCause(race), { family: 6, code: 'demoted' }, 'not an attempt behind the winner')
})

t.test('demoted addresses without an attempt, each once', async t => {
  const moved = demoted('2001:db8::5')
  const race = raceOf([silent, winner], [moved, moved, demoted(silent.address)])
  const resolved = {
    at: 0,
    event: {
      type: 'resolved',
      id: 0,
      source: 'dns',
      candidates: [moved, demoted('192.0.2.8'), candidate('192.0.2.9')],
    },
  } as const
  const found = untriedDemoted({ ...race, trace: { ...race.trace, entries: [resolved] } })
  t.same(
    found.map(({ address }) => address),
    ['2001:db8::5', '192.0.2.8'],
  )
})
