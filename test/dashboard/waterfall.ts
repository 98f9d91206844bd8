import t from 'tap'
import { waterfallOf } from '../../src/dashboard/waterfall.ts'
import { attempt, failedRace, lookup, raceEntry } from '../fixtures/race-entry.ts'

t.test('lookups and attempts are bars of one scale', async t => {
  const { totalMs, ticks, bars } = waterfallOf(raceEntry())
  t.equal(totalMs, 271.4)
  t.same(ticks, [
    { label: '0', left: 0 },
    { label: '100 ms', left: 36.85 },
    { label: '200 ms', left: 73.69 },
  ])
  t.match(bars, [
    {
      kind: 'lookup',
      family: 6,
      label: 'AAAA',
      end: 'answered',
      result: '1 record by DNS',
      left: 0,
    },
    { kind: 'lookup', family: 4, label: 'A', end: 'answered', result: '1 record from the cache' },
    {
      kind: 'attempt',
      label: '2001:db8::1',
      end: 'cancelled',
      result: 'cancelled',
      isDemoted: false,
    },
    { kind: 'attempt', label: '192.0.2.1', end: 'connected', result: 'connected', left: 93.4 },
  ])
  for (const { left, width } of bars) t.ok(left + width <= 100.001 && width >= 0)
})

t.test('what the race did not wait for goes on to its end', async t => {
  const { bars } = waterfallOf(
    raceEntry({
      durationMs: 100,
      dns: [lookup({ startMs: 20, endMs: null, records: undefined, source: undefined })],
      attempts: [attempt({ startMs: 40, endMs: null, outcome: null })],
    }),
  )
  t.match(bars, [
    { end: 'open', result: 'no answer in time', tookMs: null, left: 20, width: 80 },
    { end: 'open', result: 'still under way', tookMs: null, left: 40, width: 60 },
  ])
})

t.test('the scale holds what ended after the race', async t => {
  const { totalMs, bars } = waterfallOf(
    raceEntry({ durationMs: 10, attempts: [attempt({ startMs: 5, endMs: 20 })] }),
  )
  t.equal(totalMs, 20)
  t.match(bars.at(-1), { left: 25, width: 75 })
})

t.test('each end has its text', async t => {
  const resultOf = (facts: Parameters<typeof attempt>[0]): string | undefined =>
    waterfallOf(raceEntry({ dns: [], attempts: [attempt(facts)] })).bars[0]?.result
  t.equal(resultOf({ outcome: 'failed', code: 'ETIMEDOUT' }), 'failed, ETIMEDOUT')
  t.equal(
    resultOf({ outcome: 'denied', code: 'ERR_ACCESS_DENIED' }),
    'denied by an access rule, ERR_ACCESS_DENIED',
  )
  t.equal(
    resultOf({ outcome: 'denied', code: 'ERR_LOOP' }),
    "denied: one of the daemon's own listeners",
  )
  t.equal(resultOf({ outcome: 'lost' }), 'connected second, reset')
  const lookups = waterfallOf(
    raceEntry({
      attempts: [attempt({ demoted: true, port: 8443 })],
      dns: [
        lookup({ code: 'ENOTFOUND', records: undefined, host: 'a.example' }),
        lookup({ records: 2, source: 'new-source' }),
      ],
    }),
  ).bars
  t.match(lookups, [
    { label: 'AAAA a.example', end: 'failed', result: 'ENOTFOUND' },
    { result: '2 records new-source' },
    { label: '2001:db8::1 port 8443', isDemoted: true },
  ])
})

t.test('the first byte that confirmed a race stands beside its winner', async t => {
  const { bars } = waterfallOf(raceEntry({ confirmedMs: 300.2 }))
  t.equal(bars.at(-1)?.result, 'connected, first byte at 300 ms')
  t.equal(bars.at(-2)?.result, 'cancelled')
})

t.test('a name without a record of a type is no failure', async t => {
  const none = lookup({ code: 'ENODATA', records: undefined })
  t.match(waterfallOf(raceEntry({ dns: [none] })).bars[0], {
    end: 'answered',
    result: 'no record (ENODATA)',
  })
})

t.test('what is masked is not on the scale', async t => {
  const { totalMs, bars } = waterfallOf(
    raceEntry({
      durationMs: Number.NaN,
      dns: [lookup({ startMs: Number.NaN, endMs: Number.NaN, records: Number.NaN })],
      attempts: [
        attempt({ startMs: 5, endMs: 20, outcome: '[Redacted]' as unknown as 'connected' }),
      ],
    }),
  )
  t.equal(totalMs, 20)
  t.match(bars, [
    { left: 0, width: 0, tookMs: Number.NaN, result: '– records by DNS' },
    { left: 25, width: 75, result: '[Redacted]' },
  ])
})

t.test('a race of no time and without bars', async t => {
  t.same(waterfallOf(failedRace({ durationMs: 0, dns: [], attempts: [] })), {
    totalMs: 0,
    ticks: [{ label: '0', left: 0 }],
    bars: [],
  })
})
