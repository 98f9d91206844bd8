import fc from 'fast-check'
import t from 'tap'
import { drawScreen, drawSnapshot } from '../../../src/cli/top/draw.ts'
import { EMPTY, withConnections, withRaces, withStatus } from '../../../src/cli/top/top-state.ts'
import type { Pane } from '../../../src/cli/top/view.ts'
import { FIRST_VIEW, PANES } from '../../../src/cli/top/view.ts'
import { displayWidth } from '../../../src/log/display-width.ts'
import { printable } from '../../../src/log/show-race.ts'
import { connectionOf, statusOf } from '../../fixtures/fake-endpoint.ts'
import { plainRace, raceEntry } from '../../fixtures/race-entry.ts'

const many = <T>(count: number, make: (i: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i))

const state = withConnections(
  withRaces(
    withStatus(EMPTY('127.0.0.1:9'), statusOf()),
    many(50, i => plainRace({ id: i + 1, target: `n${i + 1}.example:443`, durationMs: i })),
  ),
  many(30, i => connectionOf({ conn: `c${i}`, target: `c${i}.example:443` })),
  30,
)

const draw = (columns = 80, rows = 24, view = {}) =>
  drawScreen(state, { ...FIRST_VIEW, ...view }, { columns, rows }, false)

t.test('80 columns and 24 lines', async t => {
  const lines = draw()
  t.equal(lines.length, 24)
  t.match(lines[0], /^eyeballd 0\.1\.0 at 127\.0\.0\.1:9/)
  t.equal(lines[5], '> last races')
  t.match(lines[6], /n50\.example:443/, 'the newest first')
  t.ok(lines.includes('  slowest'))
  t.ok(lines.includes('  open connections (30)'))
  t.match(lines[23], /^q quit {2}p pause/)
})

t.test('the chosen list scrolls', async t => {
  t.match(draw(80, 24, { offset: 3 })[6], /n47\.example/)
  t.equal(draw(80, 24, { offset: 3 })[5], '> last races, from 4')
  t.match(draw(80, 24, { offset: 500 })[6], /n1\.example/, 'not beyond its end')
  const connections = draw(80, 24, { pane: 'connections', offset: 1 })
  const at = connections.indexOf('> open connections (30), from 2')
  t.ok(at > 0)
  t.match(connections[at + 1], /c1\.example/)
})

t.test('a filter that is typed', async t => {
  t.match(draw(80, 24, { isTyping: true, filter: 'n5' }).at(-1), /^filter: n5_/)
  t.match(draw(80, 24, { filter: 'n5' }).at(-1), /filter: n5 \(Esc clears\)/)
  t.match(draw(80, 24, { isPaused: true }).at(-1), /p go on/)
})

t.test('whatever the daemon says, the screen holds it', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 60 })
  fc.assert(
    fc.property(
      fc.record({
        columns: fc.integer({ min: 1, max: 140 }),
        rows: fc.integer({ min: 1, max: 50 }),
        pane: fc.constantFrom<Pane>(...PANES),
        offset: fc.nat(60),
        target: text,
        filter: fc.oneof(fc.constant(''), text),
        isTyping: fc.boolean(),
        failure: fc.option(text),
        hidden: fc.boolean(),
      }),
      ({ columns, rows, target, failure, hidden, ...view }) => {
        const one = withRaces({ ...state, failure }, [
          raceEntry({ target, client: target, hidden }),
        ])
        const size = { columns, rows }
        const shown = { ...FIRST_VIEW, ...view }
        const lines = drawScreen(one, shown, size, false)
        return (
          lines.length <= rows &&
          lines.every(line => displayWidth(line) <= columns && printable(line) === line) &&
          drawScreen(one, shown, size, true).length === lines.length
        )
      },
    ),
    { numRuns: 300 },
  )
})

t.test('a snapshot has everything, without colours', async t => {
  const text = drawSnapshot(state, FIRST_VIEW, 100)
  t.match(
    text,
    /^eyeballd 0\.1\.0 [^]*\n\nlast races\n[^]*\n\nslowest\n[^]*\n\nopen connections \(30\)\n/,
  )
  t.notMatch(text, '\u001b')
  t.equal(drawSnapshot(withStatus(EMPTY('a'), statusOf()), FIRST_VIEW, 100).split('\n').length, 6)
})
