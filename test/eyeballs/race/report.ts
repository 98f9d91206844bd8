import t from 'tap'
import { raceRecord } from '../../../src/eyeballs/race/record.ts'
import { raceReport, raceTarget } from '../../../src/eyeballs/race/report.ts'
import { summarise } from '../../../src/eyeballs/race/summary.ts'
import { confirmedRace, failedRace, wonRace } from '../../fixtures/race-trace.ts'

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
