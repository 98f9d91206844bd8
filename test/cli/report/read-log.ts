import t from 'tap'
import type { ReportedRace } from '../../../src/cli/report/failure-groups.ts'
import { parseRaceLine, readLog } from '../../../src/cli/report/read-log.ts'
import { inputOf } from '../../fixtures/cli-io.ts'
import { raceEntry } from '../../fixtures/race-entry.ts'

const line = (facts: object = {}): string =>
  JSON.stringify({ level: 30, ...raceEntry(), event: 'race', ...facts })

const read = async (...pieces: readonly (string | Uint8Array)[]) => {
  const races: ReportedRace[] = []
  const lines = await readLog(inputOf(...pieces), race => void races.push(race))
  return { lines, targets: races.map(({ target }) => target) }
}

t.test('a race line', async t => {
  t.strictSame(
    parseRaceLine(line({ attempts: [{ address: '2001:db8::1', outcome: 'cancelled' }] })),
    {
      time: 1_795_345_200_123,
      target: 'www.example.com:443',
      outcome: 'won',
      hidden: true,
      winner: { address: '192.0.2.1' },
      attempts: [{ address: '2001:db8::1', outcome: 'cancelled', code: undefined }],
    },
  )
  t.match(parseRaceLine(line({ error: { code: 'EX', message: 'x' } })), { error: { code: 'EX' } })
  t.match(
    parseRaceLine(`Jun 01 host eyeballd[1]: ${line()}`),
    { outcome: 'won' },
    "the journal's prefix",
  )
})

t.test('masked fields, and lines of another kind', async t => {
  const masked = parseRaceLine(line({ winner: '[redacted]', attempts: '[redacted]', target: 5 }))
  t.match(masked, { winner: null, attempts: [], target: null })
  t.match(parseRaceLine(line({ attempts: [{ address: 5 }, null, 'x'] })), { attempts: [] })
  for (const text of [
    '',
    'nonsense',
    line({ event: 'close' }),
    '{"event":"race"}',
    '{"event":"race"',
    JSON.stringify({ event: 'close', time: 5, msg: '"event":"race"' }),
  ]) {
    t.equal(parseRaceLine(text), undefined, text)
  }
})

t.test('lines in any pieces', async t => {
  const text = `${line({ target: 'a' })}\n{"event":"close"}\n${line({ target: 'bücher' })}`
  const bytes = Buffer.from(text)
  const each = Array.from(bytes, byte => Uint8Array.of(byte))
  t.strictSame(await read(...each), { lines: 3, targets: ['a', 'bücher'] })
  t.strictSame(await read(text, '\n'), { lines: 3, targets: ['a', 'bücher'] })
  t.strictSame(await read(), { lines: 0, targets: [] })
})

t.test('a line that is too long is skipped, and not kept', async t => {
  const long = 'x'.repeat(600_000)
  const { targets } = await read(
    long,
    long,
    `${line({ target: 'end of it' })}\n`,
    `${line({ target: 'b' })}\n`,
  )
  t.strictSame(targets, ['b'])
})
