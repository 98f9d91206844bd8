import t from 'tap'
import type { RaceTrace } from '../../src/eyeballs/race/types.ts'
import { RaceMachine } from '../../src/library/race-machine.ts'
import { summariseTrace } from '../../src/library/summarise-trace.ts'

void t.test('a trace, whole or not', async t => {
  const machine = new RaceMachine({ addresses: [{ family: 4, address: '192.0.2.1', port: 1 }] })
  machine.handle({ type: 'wake' }, 0)
  t.match(summariseTrace(machine.trace()), { winner: null, attempts: [{ n: 1, outcome: null }] })
  machine.handle({ type: 'connected', id: 1, local: '192.0.2.9:4' }, 5)
  t.match(summariseTrace(machine.trace()), { durationMs: 5, winner: { local: '192.0.2.9:4' } })
})

void t.test('what is none', async t => {
  for (const [trace, message] of [
    [null, /^trace is null/],
    [{}, /^trace\.entries is undefined/],
    [{ entries: [] }, /^trace\.config is undefined/],
  ] as const) {
    t.throws(() => summariseTrace(trace as unknown as RaceTrace), {
      name: 'TypeError',
      code: 'ERR_INVALID_ARG',
      message,
    })
  }
})
