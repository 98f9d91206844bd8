import t from 'tap'
import { createExhaustionReport } from '../../src/daemon/exhaustion-report.ts'
import type { DaemonEvent } from '../../src/log/types.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'

t.test('the first is logged at once, and the others are counted', async t => {
  const clock = createHandClock()
  const events: DaemonEvent[] = []
  const report = createExhaustionReport(clock, { event: event => void events.push(event) })
  report('accept a connection', 'ECONNABORTED')
  t.same(events, [], 'that is no want')
  report('accept a connection', 'EMFILE')
  const first = { type: 'exhausted', what: 'accept a connection', code: 'EMFILE', failures: 1 }
  t.same(events, [first])
  for (let i = 0; i < 1000; i++) report('connect', 'EMFILE')
  clock.advance(59_999)
  report('connect', 'EMFILE')
  t.equal(events.length, 1)
  clock.advance(1)
  report('make a pipe', 'ENFILE')
  t.same(events[1], { type: 'exhausted', what: 'make a pipe', code: 'ENFILE', failures: 1002 })
  t.equal(clock.pending(), 0, 'it keeps nobody alive')
})
