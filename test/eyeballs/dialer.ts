import t from 'tap'
import type { DialerOptions } from '../../src/eyeballs/dialer.ts'
import {
  createRaceConfig,
  dialerOver,
  literalFamily,
  racesOver,
  recordsOf,
} from '../../src/eyeballs/dialer.ts'
import { createRaceCount } from '../../src/eyeballs/race-count.ts'
import type { Candidate } from '../../src/eyeballs/race/types.ts'
import type { DialResult } from '../../src/eyeballs/types.ts'
import type { Lookup } from '../../src/resolver/types.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import type { MemorySocket } from '../fixtures/memory-network.ts'
import { createMemoryNetwork } from '../fixtures/memory-network.ts'
import { defaultTiming, v4 } from '../fixtures/race.ts'
import { createScriptLookup, found, notFound, settled } from '../fixtures/script-lookup.ts'

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

void t.test('auto asks the host which family is preferred', async t => {
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

void t.test('a race is counted from its beginning to its end', async t => {
  const clock = createHandClock()
  const { lookup, answer } = createScriptLookup()
  const count = createRaceCount()
  let settle: (facts: { ipv4: true; ipv6: true; preferredFamily: 4 }) => void = () => {}
  const connectivity = new Promise<Parameters<typeof settle>[0]>(resolve => (settle = resolve))
  const network = { ...createMemoryNetwork(clock, {}), connectivity: () => connectivity }
  const dialling = dialerOver({ lookup, network, clock, count }, options)({ targets })
  let isIdle = false
  count.whenIdle(() => (isIdle = true))
  await settled()
  t.notOk(isIdle, 'while it waits for the host')
  settle({ ipv4: true, ipv6: true, preferredFamily: 4 })
  await settled()
  t.notOk(isIdle, 'while it runs')
  for (const record of ['AAAA', 'A'] as const) answer('example.com', record, notFound())
  t.match(await dialling, { outcome: 'failed' })
  t.ok(isIdle)
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

void t.test('so does one before the race has begun', async t => {
  const clock = createHandClock()
  const { lookup } = createScriptLookup()
  const network = createMemoryNetwork(clock, {})
  const fault = (): never => {
    throw new Error('no interfaces')
  }
  for (const broken of [
    { ...network, knownLocal: fault },
    { ...network, connectivity: () => Promise.reject(new Error('no interfaces')) },
  ]) {
    const errors: unknown[] = []
    const settle = (): void => void t.fail('no race')
    const leave = racesOver({ lookup, network: broken, clock }, options)(
      { targets },
      settle,
      error => void errors.push(error),
    )
    await settled()
    t.match(errors, [{ message: 'no interfaces' }])
    leave()
  }
})

void t.test('what is known at once is used before the call returns', async t => {
  const clock = createHandClock()
  const network = createMemoryNetwork(clock, { [v4(1)]: { kind: 'accepts', afterMs: 5 } })
  const lookup: Lookup = (_host, record) => (record === 'A' ? found(v4(1)) : notFound())
  const results: DialResult<MemorySocket>[] = []
  const timing = { ...defaultTiming, connectTimeoutMs: 30_000 }
  const begin = racesOver({ lookup, network, clock }, { ...options, timing })
  const fault = (error: unknown): void => void t.fail(String(error))
  const leave = begin({ targets }, result => results.push(result), fault)
  t.strictSame(network.dialled, [v4(1)])
  t.equal(clock.pending(), 2, 'the attempt, and one deadline for all races')
  begin({ targets }, result => results.push(result), fault)()
  t.match(results, [{ outcome: 'aborted' }])
  clock.advance(5)
  t.match(results, [{}, { outcome: 'won', address: v4(1) }])
  t.equal(clock.pending(), 0)
  leave()
  begin({ targets, judge: () => ({ code: 'ERR_LOOP' }) }, result => results.push(result), fault)
  t.match(results[2], { outcome: 'failed' })
})

void t.test('a requester may leave while the host is asked for its families', async t => {
  const clock = createHandClock()
  const network = {
    ...createMemoryNetwork(clock, {}),
    connectivity: () => Promise.resolve({ ipv4: true, ipv6: true, preferredFamily: 6 } as const),
  }
  const { lookup, asked } = createScriptLookup()
  const results: DialResult<MemorySocket>[] = []
  const begin = racesOver({ lookup, network, clock }, options)
  const fault = (error: unknown): void => void t.fail(String(error))
  begin({ targets }, result => results.push(result), fault)()
  await settled()
  t.match(results, [{ outcome: 'aborted' }])
  t.strictSame(asked, [], 'it costs no lookup')
  const leave = begin({ targets }, result => results.push(result), fault)
  await settled()
  t.equal(asked.length, 2)
  leave()
  t.match(results, [{}, { outcome: 'aborted' }])
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

void t.test('a race is confirmed where its request has a `confirm`', async t => {
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

const raceOptions: DialerOptions = {
  timing: defaultTiming,
  preferredFamily: 'auto',
  policyTable: 'linux',
  firstAddressFamilyCount: 2,
  maxConcurrentAttempts: 3,
  adaptive: null,
  confirm: 'none',
}

const records = (...hosts: string[]): string[] =>
  createRaceConfig(
    hosts.map(host => ({ host, port: 1 })),
    { preferredFamily: 6 },
    raceOptions,
  ).queries.map(({ host, record }) => `${host} ${record}`)

void t.test('a name is asked for in both families, AAAA first', async t => {
  t.strictSame(records('a.example'), ['a.example AAAA', 'a.example A'])
  t.strictSame(records('a.example', 'b.example'), [
    'a.example AAAA',
    'a.example A',
    'b.example AAAA',
    'b.example A',
  ])
})

void t.test('a literal is asked for in its own family; a mapped one is IPv4', async t => {
  t.strictSame(records('192.0.2.1'), ['192.0.2.1 A'])
  t.strictSame(records('2001:db8::1'), ['2001:db8::1 AAAA'])
  t.strictSame(records('::ffff:192.0.2.1'), ['::ffff:192.0.2.1 A'])
})

void t.test('several literals keep the order they were given in; all else is sorted', async t => {
  const order = (hosts: string[], preferredFamily: DialerOptions['preferredFamily']): string =>
    createRaceConfig(
      hosts.map(host => ({ host, port: 1 })),
      { preferredFamily: 6 },
      { ...options, preferredFamily },
    ).order
  t.equal(order(['192.0.2.1', '2001:db8::1'], 'auto'), 'given')
  t.equal(order(['192.0.2.1', 'a.example'], 'auto'), 'sorted')
  t.equal(order(['a.example'], 'auto'), 'sorted')
  t.equal(order(['a.example'], 4), 'preferred')
  t.equal(order(['192.0.2.1'], 'auto'), 'sorted')
})

void t.test('the raceOptions are handed on', async t => {
  t.match(
    createRaceConfig([{ host: 'a.example', port: 443 }], { preferredFamily: 4 }, raceOptions),
    {
      preferredFamily: 4,
      policyTable: 'linux',
      firstAddressFamilyCount: 2,
      maxConcurrentAttempts: 3,
      maxAttemptsPerName: 16,
      timing: defaultTiming,
      queries: [{ port: 443 }, { port: 443 }],
    },
  )
})

void t.test("this host's unique local addresses are for the updated table alone", async t => {
  const facts = { preferredFamily: 6, knownLocal: ['fd00::1'] } as const
  const target = [{ host: 'a.example', port: 1 }]
  const known = (policyTable: DialerOptions['policyTable'], given: object = facts) =>
    createRaceConfig(target, { ...facts, ...given }, { ...options, policyTable }).knownLocal
  t.strictSame(known('updated'), ['fd00::1'])
  t.equal(known('rfc6724'), undefined)
  t.equal(known('updated', { knownLocal: [] }), undefined)
})

void t.test(
  'a race is confirmed only where that is configured, and its client can be answered',
  async t => {
    const target = [{ host: 'a.example', port: 1 }]
    const confirm = (wanted: 'none' | 'tls', canConfirm?: boolean) =>
      createRaceConfig(
        target,
        { preferredFamily: 6, ...(canConfirm !== undefined && { canConfirm }) },
        { ...options, confirm: wanted },
      ).confirm
    t.equal(confirm('tls', true), 'tls')
    t.equal(confirm('tls', false), undefined)
    t.equal(confirm('tls'), undefined)
    t.equal(confirm('none', true), undefined)
  },
)

void t.test('a name is asked for in both families, AAAA first', async t => {
  t.equal(literalFamily('example.com'), undefined)
  t.strictSame(recordsOf('example.com'), ['AAAA', 'A'])
})

void t.test('a literal is asked for in its own family; a mapped one is IPv4', async t => {
  t.strictSame(recordsOf('192.0.2.1'), ['A'])
  t.strictSame(recordsOf('2001:db8::1'), ['AAAA'])
  t.strictSame(recordsOf('fe80::1%eth0'), ['AAAA'])
  t.strictSame(recordsOf('::ffff:192.0.2.1'), ['A'])
  t.equal(literalFamily('::ffff:192.0.2.1'), 4)
})
