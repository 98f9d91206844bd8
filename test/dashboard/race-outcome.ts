import t from 'tap'
import { describeRace, familyName, outcomeOf } from '../../src/dashboard/race-outcome.ts'
import { attempt, failedRace, plainRace, raceEntry } from '../fixtures/race-entry.ts'

t.test('a hidden failure is not just won', async t => {
  t.equal(outcomeOf(raceEntry()), 'hidden')
  t.equal(outcomeOf(plainRace()), 'won')
  t.equal(outcomeOf(failedRace()), 'failed')
  t.equal(outcomeOf(failedRace({ outcome: 'aborted' })), 'aborted')
})

t.test('a race in one sentence', async t => {
  t.equal(describeRace(plainRace()), 'IPv6 address 2001:db8::1 won after 14 ms.')
  t.equal(describeRace(failedRace()), 'Failed after 29 ms: 192.0.2.1 refused the connection')
  const { error: _, ...silent } = failedRace()
  t.equal(describeRace(silent), 'Failed after 29 ms: no reason given')
  t.equal(describeRace(failedRace({ outcome: 'aborted' })), 'The client left after 29 ms.')
})

t.test('what is masked is left out of the sentence', async t => {
  t.equal(describeRace(raceEntry({ winner: null, hidden: false })), 'Won after 271 ms.')
  t.equal(
    describeRace(raceEntry({ attempts: [] })),
    'IPv4 address 192.0.2.1 won after 271 ms. Hidden failure.',
  )
  t.equal(familyName(6), 'IPv6')
  t.equal(familyName(Number.NaN), 'IP')
})

t.test('the sentence says why the first choice did not win', async t => {
  const why = (...attempts: Parameters<typeof attempt>[0][]): string =>
    describeRace(
      raceEntry({
        attempts: [
          ...attempts.map(facts => attempt(facts)),
          attempt({ n: 2, address: '192.0.2.1', family: 4, outcome: 'connected' }),
        ],
      }),
    ).replace('IPv4 address 192.0.2.1 won after 271 ms. Hidden failure: ', '')
  t.equal(why({}), '2001:db8::1 did not answer within 268 ms.')
  t.equal(why({ endMs: null }), '2001:db8::1 did not answer.')
  t.equal(why({ outcome: 'failed', code: 'ENETUNREACH' }), '2001:db8::1 failed (ENETUNREACH).')
  t.equal(why({ outcome: 'failed' }), '2001:db8::1 failed.')
  const untried =
    'the first choice by RFC 6724 was not tried (demoted by history, or its lookup came late).'
  t.equal(why(), untried)
  t.equal(why({ n: 3 }), untried, 'an attempt after the winner explains nothing')
  t.equal(why({ n: 3, demoted: true }), '2001:db8::1 was demoted by history.')
})
