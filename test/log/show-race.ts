import t from 'tap'
import { createRaceMachine } from '../../src/eyeballs/race/machine.ts'
import { summarise } from '../../src/eyeballs/race/summary.ts'
import type { RaceConfig, RaceEvent } from '../../src/eyeballs/race/types.ts'
import { createPaint, printable, raceJson, raceText, timeline } from '../../src/log/show-race.ts'
import { confirmedRace, failedRace, raceWithoutAaaa, wonRace } from '../fixtures/race-trace.ts'

const config: RaceConfig = {
  queries: [
    { host: 'a', port: 1, record: 'A' },
    { host: 'b', port: 2, record: 'A' },
  ],
  preferredFamily: 4,
  order: 'given',
  policyTable: 'updated',
  firstAddressFamilyCount: 1,
  maxConcurrentAttempts: 6,
  timing: {
    resolutionDelayMs: 50,
    connectionAttemptDelayMs: 250,
    attemptTimeoutMs: null,
    connectTimeoutMs: null,
  },
}

const play = (about: RaceConfig, ...events: readonly (readonly [number, RaceEvent])[]) => {
  const machine = createRaceMachine(about)
  for (const [at, event] of events) machine.handle(event, at)
  return machine.trace()
}

const trace = (...events: readonly (readonly [number, RaceEvent])[]) => play(config, ...events)

const output = { write: () => {}, isTTY: false, columns: undefined }

t.test('an aborted race is no failure', async t => {
  const aborted = trace([0, { type: 'wake' }], [5, { type: 'aborted' }])
  const record = JSON.parse(raceJson(aborted)) as object
  t.match(record, { target: 'a:1,b:2', outcome: 'aborted', durationMs: 5 })
  t.notOk('error' in record)
})

t.test('control characters of a server do not reach the terminal', async t => {
  const failed = trace(
    [0, { type: 'wake' }],
    [1, { type: 'resolve-failed', id: 0, code: 'E\u001b[31m', source: 'dns' }],
    [1, { type: 'resolve-failed', id: 1, code: 'E\u001b[31m', source: 'dns' }],
  )
  t.notMatch(raceText(failed, output), '\u001b')
})

t.test('a race of given addresses is named by them', async t => {
  const addresses = [
    { address: '2001:db8::1', family: 6, port: 443 },
    { address: '192.0.2.1', family: 4, port: 443 },
  ] as const
  const race = play({ ...config, queries: [], addresses }, [0, { type: 'wake' }])
  t.match(JSON.parse(raceJson(race)), { target: '[2001:db8::1]:443,192.0.2.1:443' })
})

t.test('the last line has the result', async t => {
  const last = (race: ReturnType<typeof trace>): string | undefined =>
    raceText(race, output).split('\n').at(-1)
  t.equal(last(confirmedRace), 'won by 192.0.2.1:443 after 350 ms')
  t.match(
    last(failedRace),
    /^failed after 1000 ms: no address answered: 192\.0\.2\.1:2 refused the connection, /,
  )
})

t.test('the record of a race has the time of its confirmation', async t => {
  t.match(JSON.parse(raceJson(confirmedRace)), {
    outcome: 'won',
    confirmedMs: 350,
    attempts: [{ outcome: 'lost' }, { demoted: true, outcome: 'connected' }],
  })
})

const plain = { target: 'example.com:443', width: 90, color: false }

t.test('a race that was won', async t => {
  t.equal(
    timeline(summarise(wonRace), plain),
    [
      'example.com:443        0         50        100       150        200           271 ms',
      'AAAA  1 record  dns    || 3 ms',
      'A     1 record  cache  || 2 ms',
      '1     2001:db8::1       |-----------------------------------------------------x cancelled',
      '2     192.0.2.1                                                           |===* connected',
    ].join('\n'),
  )
})

t.test('a race that failed, of several names and ports', async t => {
  t.equal(
    timeline(summarise(failedRace), { ...plain, target: 'a.example:1' }),
    [
      'a.example:1                      0              500            1000 ms',
      'AAAA  a.example  ENOTFOUND  dns  || 1 ms',
      'A     b.example  3 records  dns  || 2 ms',
      'AAAA  b.example  no answer       |=============================?',
      '1     192.0.2.1 port 2           |x failed ECONNREFUSED',
      '2     192.0.2.2 port 1           |x denied ERR_ACCESS_DENIED',
      '3     192.0.2.3 port 2           |-----------------------------x failed ETIMEDOUT',
    ].join('\n'),
  )
})

t.test('a confirmed race, won by a demoted address', async t => {
  t.equal(
    timeline(summarise(confirmedRace), { ...plain, width: 110 }),
    [
      'example.com:443      0            100           200          300    350 ms',
      'AAAA  1 record  dns  || 3 ms',
      'A     1 record  dns  || 2 ms',
      '1     2001:db8::1    |--x lost',
      '2     192.0.2.1                                                |=* connected, confirmed at 350 ms, demoted',
    ].join('\n'),
  )
})

t.test('a running attempt at a demoted address', async t => {
  const entries = confirmedRace.entries.filter(({ at }) => at < 330)
  const drawn = timeline(summarise({ ...confirmedRace, entries }), plain)
  t.match(drawn, /192\.0\.2\.1 +\|.*\? under way, demoted$/)
})

t.test('no line is wider than a terminal with enough columns for a chart', async t => {
  for (const width of [70, 80, 100, 200]) {
    for (const line of timeline(summarise(wonRace), { ...plain, width }).split('\n')) {
      t.ok(line.length <= width, `${line.length} <= ${width}`)
    }
  }
  t.equal(timeline(summarise(wonRace), { ...plain, width: 1 }).split('\n').length, 5)
})

t.test('a race still under way', async t => {
  const drawn = timeline(summarise({ ...wonRace, entries: wonRace.entries.slice(0, 7) }), plain)
  t.match(drawn, /192\.0\.2\.1 +\|\? under way$/)
})

t.test('a race that has not begun', async t => {
  t.match(timeline(summarise({ ...wonRace, entries: [] }), plain), /^example\.com:443 +0 +1 ms$/)
})

t.test('a race that takes days', async t => {
  const days = summarise(wonRace)
  const drawn = timeline({ ...days, durationMs: 1e9 }, plain)
  t.match(drawn, /^\S+ +0 +1000000000 ms\n/)
})

t.test('colours only if they are on, and no control characters', async t => {
  const drawn = timeline(summarise(wonRace), { ...plain, target: 'a\u001b[2J\n', color: true })
  t.match(drawn, '\u001b[32m|===')
  t.match(drawn, '* connected\u001b[0m')
  t.notMatch(drawn, '\u001b[2J')
  t.equal(drawn.split('\n').length, 5)
})

t.test('texts are coloured only if colours are on', async t => {
  t.equal(createPaint(true)('red', 'x'), '\u001b[31mx\u001b[0m')
  t.equal(createPaint(false)('red', 'x'), 'x')
})

t.test('control characters are escaped, other letters stay', async t => {
  t.equal(printable('a\u001b[2Jb\r\nc\u009bd\u007f'), 'a\\x1b[2Jb\\x0d\\x0ac\\x9bd\\x7f')
  t.equal(printable('\u202egnp.exe'), '\\u202egnp.exe')
  t.equal(printable('münchen.example 東京'), 'münchen.example 東京')
})

t.test('a lookup that did not take place has no bar', async t => {
  const text = timeline(summarise(raceWithoutAaaa), plain)
  t.match(text, /^A {5}1 record {2}cache/m)
  t.notMatch(text, 'AAAA')
})
