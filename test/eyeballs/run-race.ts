import type { Test } from 'tap'
import t from 'tap'
import type { DialerOptions } from '../../src/eyeballs/race-config.ts'
import { createRaceConfig } from '../../src/eyeballs/race-config.ts'
import { summarise } from '../../src/eyeballs/race/summary.ts'
import { runRace } from '../../src/eyeballs/run-race.ts'
import type { DialRequest, DialResult } from '../../src/eyeballs/types.ts'
import type { HandClock } from '../fixtures/hand-clock.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import type { Behaviour, MemoryNetwork, MemorySocket } from '../fixtures/memory-network.ts'
import { createMemoryNetwork } from '../fixtures/memory-network.ts'
import { defaultTiming, v4, v6 } from '../fixtures/race.ts'
import type { ScriptLookup } from '../fixtures/script-lookup.ts'
import { createScriptLookup, found, notFound, settled } from '../fixtures/script-lookup.ts'

const options: DialerOptions = {
  timing: { ...defaultTiming, connectTimeoutMs: 30_000 },
  preferredFamily: 'auto',
  policyTable: 'updated',
  firstAddressFamilyCount: 1,
  maxConcurrentAttempts: 6,
  adaptive: null,
  confirm: 'none',
}

type Rig = {
  readonly clock: HandClock
  readonly network: MemoryNetwork
  readonly script: ScriptLookup
  readonly results: DialResult<MemorySocket>[]
  readonly errors: unknown[]
}

const targets = [{ host: 'example.com', port: 443 }]

const begin = (
  behaviours: Readonly<Record<string, Behaviour>>,
  request: Partial<DialRequest> = {},
): Rig => {
  const clock = createHandClock(1000)
  const network = createMemoryNetwork(clock, behaviours)
  const script = createScriptLookup()
  const results: DialResult<MemorySocket>[] = []
  const errors: unknown[] = []
  const whole: DialRequest = { targets, ...request }
  runRace(
    { lookup: script.lookup, network, clock },
    createRaceConfig(whole.targets, { preferredFamily: 6 }, options),
    whole,
    result => void results.push(result),
    error => void errors.push(error),
  )
  return { clock, network, script, results, errors }
}

/** The one result of a race, which must be of this kind. */
const expectOutcome = <O extends 'won' | 'failed'>(
  outcome: O,
  { results }: Rig,
): Extract<DialResult<MemorySocket>, { outcome: O }> => {
  const [result] = results
  if (result?.outcome !== outcome) throw new Error(`${outcome} was expected`)
  return result as Extract<DialResult<MemorySocket>, { outcome: O }>
}

/** Nothing of a race may be left: no timer, no attempt, no second end. */
const expectClean = (t: Test, { clock, network, results, errors }: Rig): void => {
  t.equal(clock.pending(), 0, 'no timer is left')
  t.equal(network.open(), 0, 'no attempt is left')
  t.equal(results.length + errors.length, 1, 'it ended once')
}

void t.test('both families fine: IPv6 wins, IPv4 is never dialled', async t => {
  const rig = begin({ [v6(1)]: { kind: 'accepts', afterMs: 20 } })
  t.strictSame(rig.script.asked, ['example.com AAAA', 'example.com A'])
  rig.script.answer('example.com', 'AAAA', found(v6(1)))
  rig.script.answer('example.com', 'A', found(v4(1)))
  await settled()
  rig.clock.advance(20)
  const result = expectOutcome('won', rig)
  t.equal(result.address, v6(1))
  t.equal(result.port, 443)
  t.equal(result.socket.state, 'open')
  t.strictSame(result.local, { address: '192.0.2.77', port: 40_000 })
  t.strictSame(rig.network.dialled, [v6(1)])
  expectClean(t, rig)
})

void t.test('the winner of a race against a black hole', async t => {
  const rig = begin({ [v4(1)]: { kind: 'accepts', afterMs: 20 } })
  rig.script.answer('example.com', 'AAAA', found(v6(1)))
  rig.script.answer('example.com', 'A', found(v4(1)))
  await settled()
  rig.clock.advance(249)
  t.strictSame(rig.network.dialled, [v6(1)])
  rig.clock.advance(1)
  t.strictSame(rig.network.dialled, [v6(1), v4(1)])
  rig.clock.advance(20)
  const result = expectOutcome('won', rig)
  const { attempts, hidden, durationMs } = summarise(result.trace)
  t.strictSame(
    attempts.map(({ outcome }) => outcome),
    ['cancelled', 'connected'],
  )
  t.equal(hidden, true)
  t.equal(durationMs, 270)
  expectClean(t, rig)
})

void t.test('a runner-up that the kernel had connected is told as lost', async t => {
  const rig = begin({
    [v6(1)]: { kind: 'established' },
    [v4(1)]: { kind: 'accepts', afterMs: 5 },
  })
  rig.script.answer('example.com', 'AAAA', found(v6(1)))
  rig.script.answer('example.com', 'A', found(v4(1)))
  await settled()
  rig.clock.advance(255)
  const result = expectOutcome('won', rig)
  t.strictSame(
    summarise(result.trace).attempts.map(({ outcome }) => outcome),
    ['lost', 'connected'],
  )
  expectClean(t, rig)
})

void t.test('all fail: the outcome keeps its parts', async t => {
  const rig = begin({
    [v6(1)]: { kind: 'unreachable' },
    [v4(1)]: { kind: 'refuses', afterMs: 3 },
  })
  rig.script.answer('example.com', 'AAAA', found(v6(1)))
  await settled()
  rig.script.answer('example.com', 'A', found(v4(1)))
  await settled()
  rig.clock.advance(3)
  const result = expectOutcome('failed', rig)
  t.equal(result.reason, 'all-failed')
  t.strictSame(
    summarise(result.trace).attempts.map(({ code }) => code),
    ['ENETUNREACH', 'ECONNREFUSED'],
  )
  expectClean(t, rig)
})

void t.test('no address at all', async t => {
  const rig = begin({})
  rig.script.answer('example.com', 'AAAA', notFound('ENOTFOUND'))
  rig.script.answer('example.com', 'A', notFound('ENOTFOUND'))
  await settled()
  t.match(rig.results, [{ outcome: 'failed', reason: 'no-addresses' }])
  expectClean(t, rig)
})

void t.test('the deadline covers the lookups; late answers are let go', async t => {
  const rig = begin({})
  rig.clock.advance(30_000)
  t.match(rig.results, [{ outcome: 'failed', reason: 'deadline' }])
  rig.script.answer('example.com', 'AAAA', found(v6(1)))
  rig.script.answer('example.com', 'A', notFound())
  await settled()
  t.strictSame(rig.network.dialled, [])
  expectClean(t, rig)
})

void t.test(
  'each candidate is judged with the name asked for, and a denied one is not dialled',
  async t => {
    const judged: unknown[] = []
    const rig = begin(
      { [v4(1)]: { kind: 'accepts', afterMs: 1 } },
      {
        judge: pair => {
          judged.push(pair)
          return pair.address === v6(1) ? 'ERR_ACCESS_DENIED' : undefined
        },
      },
    )
    rig.script.answer('example.com', 'A', found(v4(1)))
    rig.script.answer('example.com', 'AAAA', found(v6(1)))
    await settled()
    rig.clock.advance(1)
    const pair = { host: 'example.com', port: 443, source: 'dns' }
    t.strictSame(judged, [
      { ...pair, address: v6(1) },
      { ...pair, address: v4(1) },
    ])
    t.strictSame(rig.network.dialled, [v4(1)])
    const result = expectOutcome('won', rig)
    const { attempts, hidden } = summarise(result.trace)
    t.match(attempts, [{ outcome: 'denied', code: 'ERR_ACCESS_DENIED' }, { outcome: 'connected' }])
    t.equal(hidden, false)
    expectClean(t, rig)
  },
)

void t.test('the asker leaves: nothing is left, nothing is told but that', async t => {
  const leaving = new AbortController()
  const rig = begin({}, { signal: leaving.signal })
  rig.script.answer('example.com', 'AAAA', found(v6(1)))
  await settled()
  t.equal(rig.network.open(), 1)
  leaving.abort()
  t.match(rig.results, [{ outcome: 'aborted' }])
  rig.script.answer('example.com', 'A', found(v4(1)))
  await settled()
  expectClean(t, rig)
})

void t.test('an asker that left before the race began costs no lookup', async t => {
  const rig = begin({}, { signal: AbortSignal.abort() })
  t.match(rig.results, [{ outcome: 'aborted' }])
  t.strictSame(rig.script.asked, [])
  expectClean(t, rig)
})

void t.test('a fault of the engine is an error, and closes everything', async t => {
  const clock = createHandClock()
  const network = createMemoryNetwork(clock, {})
  const script = createScriptLookup()
  const errors: unknown[] = []
  runRace(
    {
      lookup: script.lookup,
      network: { ...network, source: () => Promise.reject(new Error('no such thing')) },
      clock,
    },
    createRaceConfig(targets, { preferredFamily: 6 }, options),
    {},
    () => t.fail('an error was expected'),
    error => void errors.push(error),
  )
  script.answer('example.com', 'AAAA', found(v6(1)))
  await settled()
  t.match(errors, [{ message: 'no such thing' }])
  t.equal(clock.pending(), 0)
})
