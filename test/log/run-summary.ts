import t from 'tap'
import type { ListenerEvent } from '../../src/listener/events.ts'
import { createRunSummary } from '../../src/log/run-summary.ts'
import { candidate } from '../fixtures/race.ts'
import { failedEvent, wonEvent } from '../fixtures/race-trace.ts'

type Race = Extract<ListenerEvent, { type: 'race' }>

const won = (target: string, durationMs: number, hidden = false): Race => ({
  ...wonEvent,
  target,
  summary: { ...wonEvent.summary, durationMs, hidden },
})

t.test('nothing happened', async t => {
  t.equal(createRunSummary().text(), 'eyeballd: 0 races, 0 won, 0 failed, 0 hidden failures\n')
})

t.test('races are counted, hidden failures by name and address, the slowest listed', async t => {
  const summary = createRunSummary()
  summary.emit(won('a.example:443', 271.4, true))
  summary.emit(won('a.example:443', 280, true))
  summary.emit(won('b.example:443', 3))
  summary.emit(failedEvent)
  summary.emit({ ...wonEvent, outcome: 'aborted', summary: { ...wonEvent.summary, hidden: false } })
  summary.emit({ type: 'accepted', conn: 'c', listener: 'l', client: 'k' })
  t.equal(
    summary.text(),
    `eyeballd: 5 races, 3 won, 1 failed, 1 aborted, 2 hidden failures
hidden failures:
     2 x  a.example:443: 2001:db8::1 did not answer; won by 192.0.2.1
failed:
     1 x  example.com:443: connect ECONNREFUSED
slowest:
     280 ms  a.example:443 won by 192.0.2.1
     271 ms  a.example:443 won by 192.0.2.1
       3 ms  b.example:443 won by 192.0.2.1
`,
  )
})

/** Won by the first attempt, because earlier races had moved the IPv6 addresses back. */
const taught = (addresses: readonly string[]): Race => {
  const { attempts } = wonEvent.summary
  const candidates = addresses.map(each => ({ ...candidate(each), demoted: true }))
  return {
    ...wonEvent,
    target: 'a.example:443',
    trace: {
      ...wonEvent.trace,
      entries: [{ at: 0, event: { type: 'resolved', id: 0, candidates, source: 'dns' } }],
    },
    summary: { ...wonEvent.summary, attempts: attempts.filter(({ n }) => n === 2) },
  }
}

t.test('a hidden failure that no attempt shows has its reason', async t => {
  const lineOf = (race: Race): string | undefined => {
    const summary = createRunSummary()
    summary.emit(race)
    return summary.text().split('\n')[2]
  }
  t.equal(
    lineOf(taught(['2001:db8::1', '2001:db8::1'])),
    '     1 x  a.example:443: 2001:db8::1 was not tried first, because it failed before; won by 192.0.2.1',
  )
  t.match(
    lineOf(taught(['2001:db8::1', '2001:db8::2', '2001:db8::3'])),
    ': 2001:db8::1 and 2 more were not tried first, because they failed before; won by',
  )
  const attempts = wonEvent.summary.attempts.map(
    each => ({ ...each, outcome: each.n === 1 ? 'lost' : each.outcome }) as const,
  )
  t.match(
    lineOf({ ...wonEvent, summary: { ...wonEvent.summary, attempts } }),
    ': 2001:db8::1 was slower; won by 192.0.2.1',
  )
})

t.test('one screen and bounded memory, whatever happens; names are safe to print', async t => {
  const summary = createRunSummary()
  for (let i = 0; i < 1500; i++) summary.emit(won(`${i}.example:443`, i, true))
  for (let i = 0; i < 9; i++) summary.emit(won('\u001b[2J:443', 5000, true))
  const lines = summary.text().split('\n')
  t.equal(lines.length, 1 + 7 + 6 + 1)
  t.equal(lines[0], 'eyeballd: 1509 races, 1509 won, 0 failed, 1509 hidden failures')
  t.match(lines[2], '   1 x  0.example:443')
  t.equal(lines[7], '  1504 more')
  t.match(lines.at(-2), String.raw`\x1b[2J`)
})
