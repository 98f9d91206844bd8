import t from 'tap'
import { headLines } from '../../../src/cli/top/draw-head.ts'
import { lineText } from '../../../src/cli/top/lines.ts'
import type { TopState } from '../../../src/cli/top/top-state.ts'
import { EMPTY, withFailure, withStatus } from '../../../src/cli/top/top-state.ts'
import { FIRST_VIEW } from '../../../src/cli/top/view.ts'
import { statusOf } from '../../fixtures/fake-endpoint.ts'

const texts = (state: TopState, view = FIRST_VIEW): readonly string[] =>
  headLines(state, view).map(line => lineText(line, 200, false))

t.test('a daemon', async t => {
  const first = withStatus(EMPTY('127.0.0.1:9'), statusOf())
  t.strictSame(texts(first), [
    'eyeballd 0.1.0 at 127.0.0.1:9  serving  up 10 s  splice',
    'connections 12 of 10,000  accepted 120 (-)  rejected 3 (-)',
    'races -  failed 2 (-)  hidden 7 (-)  aborted 1',
    'up 4.0 KiB (-)  down 4.8 MiB (-)',
    'won by IPv6 90 (75 %) 66666666666666644444 IPv4 30 (25 %)',
  ])
  const second = withStatus(
    first,
    statusOf({ now: statusOf().now + 1000, processes: 4, dnsWaiting: 9, logDropped: 5 }),
  )
  t.match(texts(second)[0], 'splice, 4 processes')
  t.match(texts(second)[1], 'accepted 120 (0/s)')
  t.match(texts(second)[3], 'lookups wait 9  log lines lost 5')
  t.match(texts(second, { ...FIRST_VIEW, isPaused: true })[0], 'PAUSED')
})

t.test('what is wrong stands below', async t => {
  const lastReload = { at: 5, error: 'f:1:2: x' }
  const state = withFailure(
    withStatus(EMPTY('a'), statusOf({ lastReload })),
    'no daemon listens at a',
  )
  t.strictSame(texts(state).slice(-2), [
    'last reload failed: f:1:2: x',
    'no daemon listens at a; trying again',
  ])
  t.strictSame(texts(EMPTY('a')), ['eyeballd at a  asking'])
})

t.test('nobody has won yet', async t => {
  const races = { won: { 4: 0, 6: 0 }, failed: 0, aborted: 0, hidden: 0 }
  t.equal(texts(withStatus(EMPTY('a'), statusOf({ races })))[4], 'won by IPv6 0 (–)  IPv4 0 (–)')
})
