import t from 'tap'
import { momentsOf, parseTraces, replayRace } from '../../src/dial/replay-race.ts'
import { createRaceMachine } from '../../src/eyeballs/race/machine.ts'
import type { RaceConfig } from '../../src/eyeballs/race/types.ts'
import { A, AAAA, connected, raceConfig, resolved, v4, v6, wake } from '../fixtures/race.ts'

const CONFIG: RaceConfig = {
  queries: [{ host: 'h', port: 1, record: 'A' }],
  preferredFamily: 6,
  order: 'sorted',
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

const traced = () => {
  const machine = createRaceMachine(CONFIG)
  machine.handle({ type: 'wake' }, 0)
  machine.handle({ type: 'resolve-failed', id: 0, code: 'ENOTFOUND', source: 'dns' }, 5)
  return machine.trace()
}

t.test('the machine decides again as it did', async t => {
  const [trace] = parseTraces(`${JSON.stringify(traced())}\n\n`, 'f')
  if (!trace) throw new Error('no trace')
  t.strictSame(replayRace(trace, 'f'), { trace: traced(), same: true })
  const shorter = { ...trace, entries: trace.entries.slice(0, -1) }
  t.equal(replayRace(shorter, 'f').same, false)
})

t.test('events of one moment are given together, as they were', async t => {
  const about = { host: 'h', port: 1 }
  const queries = [
    { ...about, record: 'AAAA' },
    { ...about, record: 'A' },
  ] as const
  const machine = createRaceMachine({ ...CONFIG, queries, preferredFamily: 4 })
  machine.handle({ type: 'wake' }, 0)
  const six = { address: '2001:db8::1', family: 6, port: 1 } as const
  const four = { address: '192.0.2.1', family: 4, port: 1 } as const
  machine.handle(
    [
      { type: 'resolved', id: 1, candidates: [four], source: 'cache', ttl: 1 },
      { type: 'resolved', id: 0, candidates: [six], source: 'cache', ttl: 1 },
    ],
    0,
  )
  const [trace] = parseTraces(JSON.stringify(machine.trace()), 'f')
  if (!trace) throw new Error('no trace')
  t.match(replayRace(trace, 'f'), { same: true })
  const apart = trace.entries.map(({ at, ...step }) =>
    'event' in step ? { at, event: step.event } : { at, ...step },
  )
  t.equal(replayRace({ ...trace, entries: apart }, 'f').same, false)
})

t.test('what is no trace is refused', async t => {
  for (const line of [
    'x',
    '5',
    'null',
    '{}',
    '{"v":2}',
    '{"v":1,"entries":[]}',
    '{"v":1,"entries":[],"config":{}}',
  ]) {
    const message = /^f:1: is not a trace/
    t.throws(() => parseTraces(line, 'f'), { code: 'ERR_CONFIG', message }, line)
  }
  t.strictSame(parseTraces('', 'f'), [])
  const entries = [{ at: 0, event: { type: 'connected', id: 9, local: '' } }] as const
  t.throws(() => replayRace({ v: 1, config: CONFIG, entries }, 'f'), {
    code: 'ERR_CONFIG',
    message: /^f: its events make no race/,
  })
})

t.test('the events of a trace, those of one moment together', async t => {
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

t.test('given again they make the same trace, one by one they need not', async t => {
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
