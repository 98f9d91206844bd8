import fc from 'fast-check'
import t from 'tap'
import { DURATION_MAX_MS, formatDuration, parseDuration, roundMs } from '../../src/core/duration.ts'

void t.test('durations are milliseconds', async t => {
  const durations: readonly [string | number, number][] = [
    ['250ms', 250],
    ['5s', 5000],
    ['2m', 120_000],
    ['1h30m', 5_400_000],
    ['2h4m', 7_440_000],
    ['1h2m3s4ms', 3_723_004],
    ['1.5s', 1500],
    ['0.25ms', 0.25],
    ['1.001s', 1001],
    ['0s', 0],
    ['0', 0],
    ['0.0', 0],
    [0, 0],
    ['007ms', 7],
    [' 5s ', 5000],
    [`${DURATION_MAX_MS}ms`, DURATION_MAX_MS],
  ]
  for (const [text, ms] of durations) t.equal(parseDuration(text), ms, JSON.stringify(text))
})

const says = (text: string | number): string => {
  try {
    parseDuration(text)
  } catch (error) {
    t.match(error, { code: 'ERR_INVALID_DURATION', found: String(text).trim() })
    return (error as Error).message
  }
  return 'nothing'
}

void t.test('a number without a unit is asked about, 0 apart', async t => {
  t.equal(says('30'), 'found 30 without a unit; did you mean 30ms or 30s?')
  t.equal(says(30), 'found 30 without a unit; did you mean 30ms or 30s?')
  t.equal(says('1.5'), 'found 1.5 without a unit; did you mean 1.5ms or 1.5s?')
  t.equal(says(' 250 '), 'found 250 without a unit; did you mean 250ms or 250s?')
})

void t.test('what is not a duration is refused in one message', async t => {
  for (const text of [
    ['', ' ', 'abc', '-5s', '+5s', '5s5m', '5s5s', '1e3', '.5s', '5.s'],
    ['0x10', 'Infinity', '5ms3s', '1,5s', '-5'],
  ].flat()) {
    t.equal(
      says(text),
      `"${text.trim()}" is not a duration; allowed: 250ms, 5s, 2m, 1h30m and the like`,
    )
  }
  for (const number of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e21]) {
    t.throws(() => parseDuration(number), { code: 'ERR_INVALID_DURATION' })
  }
})

void t.test('other spellings of units get a suggestion', async t => {
  const meant = (text: string): string | undefined => /did you mean (.*)\?$/.exec(says(text))?.[1]
  t.equal(meant('5 s'), '5s')
  t.equal(meant('5S'), '5s')
  t.equal(meant('5 seconds'), '5s')
  t.equal(meant('1 sec'), '1s')
  t.equal(meant('10min'), '10m')
  t.equal(meant('2 hours 30 minutes'), '2h30m')
  t.equal(meant('1hr'), '1h')
  t.equal(meant('250msec'), '250ms')
  t.equal(meant('1 millisecond'), '1ms')
  t.equal(meant('5d'), '120h')
  t.equal(meant('1 day'), '24h')
  t.equal(meant('5 parsecs'), undefined)
  t.equal(meant('600d'), undefined, 'longer than is allowed')
})

void t.test('a timer holds 24 days and no more', async t => {
  t.equal(parseDuration('576h'), 576 * 3_600_000)
  for (const text of ['600h', `${DURATION_MAX_MS + 1}ms`, `${'9'.repeat(100)}s`]) {
    t.equal(says(text), `"${text}" is too long: at most 24 days are allowed`)
  }
  t.match(says(`${'9'.repeat(400)}s`), /^"9{200}\.\.\." is too long:/)
  t.match(says('9'.repeat(400)), /^"9{200}\.\.\." is not a duration; allowed: [^?]*$/)
})

void t.test('the text of a duration is as short as it can be', async t => {
  const texts: readonly [number, string][] = [
    [0, '0s'],
    [250, '250ms'],
    [1000, '1s'],
    [1500, '1s500ms'],
    [60_000, '1m'],
    [5_400_000, '1h30m'],
    [7_440_000, '2h4m'],
    [3_600_001, '1h1ms'],
    [0.5, '0.5ms'],
    [3_600_000.1, '1h0.1ms'],
    [0.000_000_1, '0s'],
  ]
  for (const [ms, text] of texts) t.equal(formatDuration(ms), text)
})

void t.test('milliseconds are written to a tenth', async t => {
  t.same([0, 0.04, 0.05, 271.44, 30_000.96].map(roundMs), [0, 0, 0.1, 271.4, 30_001])
})

void t.test('every duration is read back from its text', async () => {
  const durations = fc.oneof(
    fc.integer({ min: 0, max: DURATION_MAX_MS }),
    fc
      .double({ min: 0, max: DURATION_MAX_MS, noNaN: true })
      .map(ms => parseDuration(`${ms.toFixed(3)}ms`)),
  )
  fc.assert(
    fc.property(durations, ms => parseDuration(formatDuration(ms)) === ms),
    { numRuns: 2000 },
  )
})
