import t from 'tap'
import type { ListenerEvent } from '../../src/listener/events.ts'
import { createRaceCounts } from '../../src/metrics/race-counts.ts'
import { valueOf } from '../../src/metrics/snapshot.ts'
import { failedEvent, wonEvent } from '../fixtures/race-trace.ts'

type Race = Extract<ListenerEvent, { type: 'race' }>

const durations = (races: ReturnType<typeof createRaceCounts>): number =>
  valueOf(races.read(), 'eyeballd_race_duration_seconds', '+Inf')

t.test('races by outcome and winner, and their attempts', async t => {
  const races = createRaceCounts()
  races.count(wonEvent)
  races.count(wonEvent)
  races.count(failedEvent)
  t.equal(durations(races), 3)
  races.count({ ...failedEvent, outcome: 'aborted' })
  t.equal(durations(races), 3, 'the patience of a client is no duration of a race')
  const read = races.read()
  t.equal(valueOf(read, 'eyeballd_races_total', 'won', '4'), 2)
  t.equal(valueOf(read, 'eyeballd_races_total', 'won', '6'), 0)
  t.equal(valueOf(read, 'eyeballd_races_total', 'failed', 'none'), 1)
  t.equal(valueOf(read, 'eyeballd_races_total', 'aborted', 'none'), 1)
  t.equal(valueOf(read, 'eyeballd_attempts_total', '6', 'cancelled'), 2)
  t.equal(valueOf(read, 'eyeballd_attempts_total', '4', 'connected'), 2)
})

t.test('a hidden failure by its cause, whose code is one of a list', async t => {
  const races = createRaceCounts()
  const hidden = { ...wonEvent, summary: { ...wonEvent.summary, hidden: true } }
  const withCode = (code: string): Race => {
    const [first, ...rest] = hidden.summary.attempts
    if (!first) throw new Error('the event has an attempt')
    const attempts = [{ ...first, outcome: 'failed' as const, code }, ...rest]
    return { ...hidden, summary: { ...hidden.summary, attempts } }
  }
  for (const race of [
    hidden,
    withCode('ECONNREFUSED'),
    withCode('EMADEUP'),
    withCode('constructor'),
    { ...wonEvent, summary: { ...wonEvent.summary, hidden: false } },
  ])
    races.count(race)
  const shown = [...(races.read().eyeballd_hidden_failures_total ?? [])].filter(([, n]) => n > 0)
  t.same(shown, [
    ['6\0unanswered', 1],
    ['6\0ECONNREFUSED', 1],
    ['6\0other', 2],
  ])
})
