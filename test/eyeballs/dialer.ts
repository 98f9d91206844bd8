import t from 'tap'
import { dialerOver } from '../../src/eyeballs/dialer.ts'
import type { DialerOptions } from '../../src/eyeballs/race-config.ts'
import type { Candidate } from '../../src/eyeballs/race/types.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { createMemoryNetwork } from '../fixtures/memory-network.ts'
import { defaultTiming, v4 } from '../fixtures/race.ts'
import { createScriptLookup, found, settled } from '../fixtures/script-lookup.ts'

const options: DialerOptions = {
  timing: defaultTiming,
  preferredFamily: 'auto',
  policyTable: 'updated',
  firstAddressFamilyCount: 1,
  maxConcurrentAttempts: 6,
  adaptive: null,
  confirm: 'none',
}

const targets = [{ host: 'example.com', port: 443 }]

void t.test('auto asks the host which family is preferred (H4)', async t => {
  const clock = createHandClock()
  const behaviours = { [v4(1)]: { kind: 'accepts', afterMs: 5 } } as const
  const network = createMemoryNetwork(clock, behaviours, {
    connectivity: { ipv4: true, ipv6: false, preferredFamily: 4 },
  })
  const { lookup, answer } = createScriptLookup()
  const dialling = dialerOver({ lookup, network, clock }, options)({ targets })
  await settled()
  answer('example.com', 'A', found(v4(1)))
  await settled()
  clock.advance(5)
  const result = await dialling
  t.match(result, { outcome: 'won', address: v4(1) }, 'without a wait for AAAA')
  t.equal(clock.pending(), 0)
})

void t.test('a family chosen by hand asks nobody', async t => {
  const clock = createHandClock()
  const network = createMemoryNetwork(clock, {})
  const { lookup } = createScriptLookup()
  const dial = dialerOver(
    {
      lookup,
      network: { ...network, connectivity: () => t.fail('asked') as never },
      clock,
    },
    { ...options, preferredFamily: 6 },
  )
  const result = await dial({ targets, signal: AbortSignal.abort() })
  t.equal(result.outcome, 'aborted')
})

void t.test('a fault of the engine rejects', async t => {
  const clock = createHandClock()
  const network = createMemoryNetwork(clock, {})
  const dial = dialerOver(
    { lookup: () => Promise.reject(new Error('lookups never reject')), network, clock },
    options,
  )
  await t.rejects(dial({ targets }), { message: 'lookups never reject' })
})

void t.test("this host's unique local addresses go into the race", async t => {
  const clock = createHandClock()
  const network = createMemoryNetwork(clock, {}, { knownLocal: ['fd00::77'] })
  const { lookup } = createScriptLookup()
  const result = await dialerOver(
    { lookup, network, clock },
    options,
  )({
    targets,
    signal: AbortSignal.abort(),
  })
  t.strictSame(result.trace.config.knownLocal, ['fd00::77'])
})

void t.test('a race is confirmed where its request can be told of a connection', async t => {
  const clock = createHandClock()
  const network = createMemoryNetwork(clock, {})
  const { lookup } = createScriptLookup()
  const dial = dialerOver({ lookup, network, clock }, { ...options, confirm: 'tls' })
  const signal = AbortSignal.abort()
  t.equal((await dial({ targets, signal })).trace.config.confirm, undefined)
  t.equal((await dial({ targets, signal, confirm: () => {} })).trace.config.confirm, 'tls')
})

void t.test('what races taught is left alone where the options are not adaptive', async t => {
  const clock = createHandClock()
  const network = createMemoryNetwork(clock, {})
  const { lookup } = createScriptLookup()
  let begun = 0
  const history = {
    begin: () => {
      begun++
      return { annotate: (candidates: readonly Candidate[]) => candidates, learn: () => {} }
    },
  }
  const parts = { lookup, network, clock, history }
  const signal = AbortSignal.abort()
  await dialerOver(parts, options)({ targets, signal })
  t.equal(begun, 0)
  const adaptive = { minimumDelayMs: 100, maximumDelayMs: 2000 }
  await dialerOver(parts, { ...options, adaptive })({ targets, signal })
  t.equal(begun, 1)
})
