import t from 'tap'
import type { RaceRecord } from '../../../src/eyeballs/race/report.ts'
import {
  lookupsMade,
  raceRecord,
  raceReport,
  raceTarget,
} from '../../../src/eyeballs/race/report.ts'
import { summarise } from '../../../src/eyeballs/race/summary.ts'
import { confirmedRace, failedRace, raceWithoutAaaa, wonRace } from '../../fixtures/race-trace.ts'

t.test('a race that was won has no error', async t => {
  const report = raceReport(wonRace)
  t.match(report, { outcome: 'won', ...raceRecord(summarise(wonRace)) })
  t.notOk('error' in report)
  t.equal(report.target, raceTarget(wonRace))
  t.equal(raceReport(confirmedRace).outcome, 'won')
})

t.test('one that failed says why', async t => {
  t.match(raceReport(failedRace), {
    outcome: 'failed',
    winner: null,
    error: { code: 'ERR_RACE_FAILED', message: /^no address answered: / },
  })
})

t.test('one that was left', async t => {
  const entries = [
    { at: 0, event: { type: 'wake' } },
    { at: 5, event: { type: 'aborted' } },
    { at: 5, command: { type: 'lost', reason: 'aborted' } },
  ] as const
  const report = raceReport({ ...failedRace, entries })
  t.match(report, { outcome: 'aborted', durationMs: 5 })
  t.notOk('error' in report)
})

t.test('what was asked for may be said', async t => {
  t.equal(raceReport(wonRace, 'db:5432').target, 'db:5432')
})

/** As it stands in a line: without what is undefined. */
const written = (record: RaceRecord): RaceRecord => JSON.parse(JSON.stringify(record)) as RaceRecord

t.test('a race without a winner keeps its parts, names and ports', async t => {
  t.same(
    JSON.stringify(raceRecord(summarise(failedRace)), null, 1).replace(/\n\s*/g, ' '),
    JSON.stringify(
      {
        durationMs: 1000,
        winner: null,
        dns: [
          {
            type: 'AAAA',
            host: 'a.example',
            startMs: 0,
            endMs: 1,
            code: 'ENOTFOUND',
            source: 'dns',
          },
          {
            type: 'A',
            host: 'b.example',
            startMs: 0,
            endMs: 2,
            records: 3,
            ttl: null,
            source: 'dns',
          },
          { type: 'AAAA', host: 'b.example', startMs: 0, endMs: null },
        ],
        attempts: [
          {
            n: 1,
            address: '192.0.2.1',
            family: 4,
            port: 2,
            startMs: 2,
            endMs: 3,
            outcome: 'failed',
            code: 'ECONNREFUSED',
          },
          {
            n: 2,
            address: '192.0.2.2',
            family: 4,
            port: 1,
            startMs: 3,
            endMs: 3,
            outcome: 'denied',
            code: 'ERR_ACCESS_DENIED',
          },
          {
            n: 3,
            address: '192.0.2.3',
            family: 4,
            port: 2,
            startMs: 13,
            endMs: 1000,
            outcome: 'failed',
            code: 'ETIMEDOUT',
          },
        ],
        hidden: false,
      },
      null,
      1,
    ).replace(/\n\s*/g, ' '),
  )
})

t.test('one name and one port are not repeated; an attempt under way has no end', async t => {
  const { dns, attempts } = written(
    raceRecord(summarise({ ...wonRace, entries: wonRace.entries.slice(0, 7) })),
  )
  t.notOk(dns.some(lookup => 'host' in lookup))
  t.notOk(attempts.some(attempt => 'port' in attempt))
  t.same(attempts[1], {
    n: 2,
    address: '192.0.2.1',
    family: 4,
    startMs: 253.5,
    endMs: null,
    outcome: null,
  })
})

t.test('what was confirmed and what was demoted is said there, and nowhere else', async t => {
  const record = written(raceRecord(summarise(confirmedRace)))
  t.strictSame(Object.keys(record).slice(0, 2), ['durationMs', 'confirmedMs'])
  t.match(record, { durationMs: 350, confirmedMs: 350, winner: { attempt: 2 }, hidden: true })
  t.strictSame(record.attempts, [
    { n: 1, address: '2001:db8::1', family: 6, startMs: 3, endMs: 23, outcome: 'lost' },
    {
      n: 2,
      address: '192.0.2.1',
      family: 4,
      demoted: true,
      startMs: 314,
      endMs: 330,
      outcome: 'connected',
    },
  ])
  t.notMatch(JSON.stringify(raceRecord(summarise(wonRace))), /confirmed|demoted/)
})

t.test('addresses that were not tried are counted where there are some', async t => {
  const summary = summarise(failedRace)
  t.notOk('untried' in written(raceRecord(summary)))
  t.match(written(raceRecord({ ...summary, untried: 48 })), { untried: 48 })
})

t.test('a lookup that did not take place is left out', async t => {
  const { dns } = raceRecord(summarise(raceWithoutAaaa))
  t.same(
    dns.map(({ type, host }) => [type, host]),
    [['A', undefined]],
  )
})

t.test('a lookup that did not take place is none of those made', async t => {
  const summary = summarise(raceWithoutAaaa)
  t.match(summary.dns, [{ type: 'AAAA', code: 'ENODATA' }, { type: 'A' }])
  t.match(lookupsMade(summary), [{ type: 'A', records: 1 }])
  t.equal(lookupsMade(summary).length, 1)
  t.equal(lookupsMade(summarise(wonRace)).length, 2)
})
