import t from 'tap'
import type { RaceTrace } from '../../src/eyeballs/race/types.ts'
import type { RaceMachineConfig } from '../../src/library/race-machine.ts'
import { RaceMachine, summariseTrace } from '../../src/library/race-machine.ts'

const six = { family: 6, address: '2001:db8::1', port: 443 } as const
const four = { family: 4, address: '192.0.2.1', port: 443 } as const

void t.test('addresses alone make a race: the first wake begins it', async t => {
  const machine = new RaceMachine({ addresses: [four, six] })
  t.match(machine.handle({ type: 'wake' }, 1000), [
    { type: 'connect', id: 1, ...four },
    { type: 'wake-at', at: 1250 },
  ])
  t.match(machine.handle({ type: 'wake' }, 1250), [
    { type: 'connect', id: 2, ...six },
    { type: 'wake-at', at: 31_000 },
  ])
  const won = machine.handle({ type: 'connected', id: 2, local: '[2001:db8::7]:4000' }, 1300)
  t.match(won, [
    { type: 'cancel', id: 1, reason: 'won' },
    { type: 'won', id: 2 },
  ])
  t.match(machine.trace(), { v: 1, config: { order: 'given' }, entries: { length: 9 } })
  t.same(machine.trace(), JSON.parse(JSON.stringify(machine.trace())), 'plain data')
})

void t.test('queries: the documented defaults', async t => {
  const query = { host: 'example.com', port: 443, record: 'AAAA' } as const
  const machine = new RaceMachine({ queries: [query] })
  t.match(machine.handle({ type: 'wake' }, 0), [{ type: 'resolve', id: 0, ...query }])
  t.same(machine.trace().config, {
    queries: [query],
    preferredFamily: 6,
    order: 'sorted',
    policyTable: 'updated',
    firstAddressFamilyCount: 1,
    maxConcurrentAttempts: 6,
    maxAttemptsPerName: 16,
    timing: {
      resolutionDelayMs: 50,
      connectionAttemptDelayMs: 250,
      attemptTimeoutMs: null,
      connectTimeoutMs: 30_000,
    },
  })
})

void t.test('what is given stands, what is undefined has its default', async t => {
  const config = {
    addresses: [six],
    preferredFamily: 4,
    policyTable: undefined,
    timing: { connectTimeoutMs: null, resolutionDelayMs: undefined },
  } as unknown as RaceMachineConfig
  t.match(new RaceMachine(config).trace().config, {
    addresses: [six],
    preferredFamily: 4,
    policyTable: 'updated',
    timing: { connectTimeoutMs: null, resolutionDelayMs: 50 },
  })
})

void t.test('nothing to race throws; a late abort is none', async t => {
  for (const config of [{}, { queries: [], addresses: [] }]) {
    t.throws(() => new RaceMachine(config), {
      code: 'ERR_INVALID_ARG',
      message: /^config is .*: an object with queries, addresses or both is allowed/,
    })
  }
  const machine = new RaceMachine({ addresses: [six] })
  t.match(machine.handle({ type: 'aborted' }, 0), [{ type: 'lost', reason: 'aborted' }])
  t.same(machine.handle({ type: 'wake' }, 1), [])
})

void t.test('the events of one moment may be given together', async t => {
  const about = { host: 'example.com', port: 443 }
  const machine = new RaceMachine({
    queries: [
      { ...about, record: 'AAAA' },
      { ...about, record: 'A' },
    ],
  })
  machine.handle({ type: 'wake' }, 0)
  const unusable = { ...six, source: null }
  const usable = { ...four, source: '192.0.2.9' }
  const commands = machine.handle(
    [
      { type: 'resolved', id: 0, candidates: [unusable], source: 'cache' },
      { type: 'resolved', id: 1, candidates: [usable], source: 'cache' },
    ],
    0,
  )
  t.match(commands[0], { type: 'connect', id: 1, ...four })
})

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
