import t from 'tap'
import { createRaceMachine } from '../../../src/eyeballs/race/machine.ts'
import { momentsOf } from '../../../src/eyeballs/race/trace.ts'
import { A, AAAA, connected, raceConfig, resolved, v4, v6, wake } from '../../fixtures/race.ts'

void t.test('the events of a trace, those of one moment together', async t => {
  const machine = createRaceMachine(raceConfig())
  const both = [resolved(AAAA, v6(1)), resolved(A, v4(1))]
  const given = [
    { at: 0, events: [wake] },
    { at: 3, events: both },
    { at: 30, events: [connected(1)] },
  ]
  for (const { at, events } of given) machine.handle(events, at)
  const trace = machine.trace()
  t.strictSame(momentsOf(trace), given)
  t.match(
    trace.entries.filter(entry => 'event' in entry),
    [{ at: 0 }, { at: 3, more: true }, { at: 3 }, { at: 30 }],
  )
  t.strictSame(momentsOf({ entries: [] }), [])
  const cut = [{ at: 0, event: wake, more: true }] as const
  t.strictSame(momentsOf({ entries: cut }), [{ at: 0, events: [wake] }], 'one that was cut off')
})

void t.test('given again they make the same trace, one by one they need not', async t => {
  const machine = createRaceMachine(raceConfig({ preferredFamily: 4 }))
  machine.handle(wake, 0)
  machine.handle([resolved(A, v4(1)), resolved(AAAA, v6(1))], 3)
  const trace = machine.trace()
  const again = createRaceMachine(trace.config)
  for (const { at, events } of momentsOf(trace)) again.handle(events, at)
  t.strictSame(again.trace(), trace)
  const single = createRaceMachine(trace.config)
  for (const entry of trace.entries) if ('event' in entry) single.handle(entry.event, entry.at)
  t.notSame(single.trace(), trace)
})
