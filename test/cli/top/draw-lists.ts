import t from 'tap'
import { listsOf } from '../../../src/cli/top/draw-lists.ts'
import { lineText } from '../../../src/cli/top/lines.ts'
import { EMPTY, withConnections, withRaces, withStatus } from '../../../src/cli/top/top-state.ts'
import { FIRST_VIEW } from '../../../src/cli/top/view.ts'
import { displayWidth } from '../../../src/log/display-width.ts'
import { connectionOf, statusOf } from '../../fixtures/fake-endpoint.ts'
import { failedRace, plainRace, raceEntry } from '../../fixtures/race-entry.ts'

const state = withConnections(
  withRaces(withStatus(EMPTY('a'), statusOf()), [
    plainRace({ id: 1, target: 'plain.example:443' }),
    failedRace({ id: 2, target: 'failed.example:443', client: '192.0.2.7:5' }),
    raceEntry({ id: 3, target: '例え.example:443' }),
  ]),
  [connectionOf(), connectionOf({ address: null, state: 'race', bytesUp: null, bytesDown: null })],
  2,
)

const texts = (filter = '', columns = 80) => {
  const lists = listsOf(state, { ...FIRST_VIEW, filter }, columns)
  const of = (lines: (typeof lists)['races']['lines']) =>
    lines.map(line => lineText(line, columns, false))
  return {
    races: of(lists.races.lines),
    slowest: of(lists.slowest.lines),
    connections: of(lists.connections.lines),
    title: lists.connections.title,
  }
}

t.test('lists', async t => {
  const { races, slowest, connections, title } = texts()
  t.match(races[0], /^\d\d:\d\d:\d\d {3}271 ms hidden 例え\.example:443 +192\.0\.2\.1:443/)
  t.match(races[1], /29 ms failed failed\.example:443 +192\.0\.2\.1 refused the conn…/)
  t.match(races[2], /14 ms {8}plain\.example:443 +\[2001:db8::1\]:443/)
  t.equal(slowest.length, 2, 'those that were won')
  t.match(
    connections[0],
    /^ {7}5 s relay {5}www\.example\.com:443 \[2001:db8::1\]:443 {7}517 B {3}5\.1 KiB$/,
  )
  t.match(connections[1], /race +www\.example\.com:443 127\.0\.0\.1:50000 +- +-$/)
  t.equal(title, 'open connections (2)')
})

t.test('each line fills the screen', async t => {
  for (const columns of [200, 80, 60, 40, 25]) {
    const { races, connections } = texts('', columns)
    for (const line of [...races, ...connections])
      t.ok(displayWidth(line) <= columns && displayWidth(line) >= columns - 1, line)
  }
})

t.test('a narrow screen', async t => {
  const { races, connections } = texts('', 36)
  t.match(races[2], /^ {3}14 ms {8}plain\.example:443 +$/, 'the target alone')
  t.match(connections[0], /^ {7}5 s www\.example\.com:443 +$/)
})

t.test('the filter', async t => {
  t.equal(texts('PLAIN').races.length, 1)
  t.equal(texts('hidden').races.length, 1)
  t.equal(texts('192.0.2.7').races.length, 1, 'the client')
  t.equal(texts('relay').connections.length, 1)
  t.equal(texts('nothing').races.length, 0)
})
