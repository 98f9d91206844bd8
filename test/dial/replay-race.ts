import t from 'tap'
import { parseTraces, replayRace } from '../../src/dial/replay-race.ts'
import { createRaceMachine } from '../../src/eyeballs/race/machine.ts'
import type { RaceConfig } from '../../src/eyeballs/race/types.ts'

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
