import t from 'tap'
import type { ConnectionEntry, RaceEntry } from '../../src/admin/api.ts'
import { drawableConnection, drawableRace } from '../../src/dashboard/drawable.ts'
import { describeRace, outcomeOf } from '../../src/dashboard/race-outcome.ts'
import { waterfallOf } from '../../src/dashboard/waterfall.ts'
import { createRecordMask } from '../../src/log/record-mask.ts'
import { failedRace, plainRace, raceEntry } from '../fixtures/race-entry.ts'

/** A race as the endpoint sends it. */
const masked = (race: RaceEntry, ...paths: readonly string[]): RaceEntry => {
  const { id, time, ...fields } = JSON.parse(JSON.stringify(race)) as RaceEntry
  return { id, time, ...createRecordMask(paths)(fields) }
}

const drawn = (race: RaceEntry, ...paths: readonly string[]): RaceEntry =>
  drawableRace(masked(race, ...paths))

t.test('a race without masked fields is itself', async t => {
  const race = plainRace()
  t.equal(drawableRace(race), race)
})

t.test('whatever is masked, a race can be drawn', async t => {
  const paths = [
    ...Object.keys(raceEntry()).filter(
      name => !['id', 'time', 'confirmedMs', 'untried'].includes(name),
    ),
    ...Object.keys(raceEntry().winner ?? {}).map(name => `winner.${name}`),
    ...['type', 'startMs', 'endMs', 'records', 'source', 'ttl'].map(name => `dns[*].${name}`),
    ...['n', 'address', 'family', 'startMs', 'endMs', 'outcome'].map(name => `attempts[*].${name}`),
    'dns[*]',
    'attempts[*]',
    'error',
    'error.message',
    'reply',
  ]
  for (const path of paths) {
    for (const race of [raceEntry(), failedRace(), failedRace({ outcome: 'aborted' })]) {
      const shown = drawn(race, path)
      const { totalMs, bars } = waterfallOf(shown)
      t.ok(Number.isFinite(totalMs), path)
      for (const { left, width } of bars) t.ok(left >= 0 && left + width <= 100.001, path)
      t.type(describeRace(shown), 'string')
      t.notMatch(describeRace(shown), /NaN|undefined/, path)
      t.ok(['won', 'hidden', 'failed', 'aborted'].includes(outcomeOf(shown)), path)
    }
  }
})

t.test('what is masked is not known', async t => {
  t.equal(describeRace(drawn(plainRace(), 'durationMs')), 'IPv6 address 2001:db8::1 won after –.')
  t.equal(describeRace(drawn(plainRace(), 'winner')), 'Won after 14 ms.')
  t.equal(
    describeRace(drawn(plainRace(), 'winner.family')),
    'IP address 2001:db8::1 won after 14 ms.',
  )
  t.equal(describeRace(drawn(failedRace(), 'error')), 'Failed after 29 ms: [Redacted]')
  t.equal(outcomeOf(drawn(raceEntry(), 'hidden')), 'won', 'and is not a hidden failure')
  t.same(drawn(raceEntry(), 'attempts').attempts, [])
})

t.test('a masked outcome is what the other fields show', async t => {
  t.equal(drawn(plainRace(), 'outcome').outcome, 'won')
  t.equal(drawn(failedRace(), 'outcome').outcome, 'failed')
  const { error: _, ...left } = failedRace({ outcome: 'aborted' })
  t.equal(drawn(left, 'outcome').outcome, 'aborted')
})

t.test('bytes of a connection that are masked are not known', async t => {
  const connection = { bytesUp: '[Redacted]', bytesDown: 7, target: 'a' } as unknown
  t.same(drawableConnection(connection as ConnectionEntry), {
    bytesUp: null,
    bytesDown: 7,
    target: 'a',
  })
})
