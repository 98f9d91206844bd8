import t from 'tap'
import { createRequester } from '../../src/core/requester.ts'
import type { RaceMemory } from '../../src/eyeballs/history/create-history.ts'
import { createHistory } from '../../src/eyeballs/history/create-history.ts'
import { summarise } from '../../src/eyeballs/race/summary.ts'
import type { TraceEntry } from '../../src/eyeballs/race/types.ts'
import type { RaceParts } from '../../src/eyeballs/run-race.ts'
import type { Answer, Lookup } from '../../src/resolver/types.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import type { MemorySocket } from '../fixtures/memory-network.ts'
import { createMemoryNetwork } from '../fixtures/memory-network.ts'
import { answerBoth, beginRace, expectClean, expectOutcome } from '../fixtures/race-rig.ts'
import { candidate, raceConfig, v4, v6 } from '../fixtures/race.ts'
import { found, notFound, settled } from '../fixtures/script-lookup.ts'
import { createScriptedBudget } from '../fixtures/scripted-budget.ts'

void t.test('both families fine: IPv6 wins, IPv4 is never dialled', async t => {
  const rig = beginRace({ [v6(1)]: { kind: 'accepts', afterMs: 20 } })
  t.strictSame(rig.script.asked, ['example.com AAAA', 'example.com A'])
  await answerBoth(rig)
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
  const rig = beginRace({ [v4(1)]: { kind: 'accepts', afterMs: 20 } })
  await answerBoth(rig)
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

void t.test('attempts by the egress of a rule and the history leave each other alone', async t => {
  const clock = createHandClock()
  const history = createHistory({
    clock,
    epoch: () => 1,
    minimumDelayMs: 100,
    maximumDelayMs: 2000,
  })
  const permit = { egress: { interface: 'tun0' } }
  /** A race in which IPv6 is silent; whether it was known to be. */
  const isDemoted = async (request: Parameters<typeof beginRace>[1]): Promise<boolean> => {
    const behaviours = { [v4(1)]: { kind: 'accepts', afterMs: 20 } } as const
    const rig = beginRace(behaviours, request, { parts: { history } })
    await answerBoth(rig)
    rig.clock.advance(1000)
    const { trace } = expectOutcome('won', rig)
    expectClean(t, rig)
    return trace.entries.some(
      entry =>
        'event' in entry &&
        entry.event.type === 'resolved' &&
        entry.event.candidates.some(({ demoted }) => demoted),
    )
  }
  const alice = {
    hasPaths: true,
    judge: ({ address }: { readonly address: string }) => (address === v6(1) ? permit : undefined),
  }
  const bob = { hasPaths: true, judge: () => undefined }
  t.equal(await isDemoted(alice), false)
  t.equal(await isDemoted(bob), false, 'her silent attempt says nothing about his')
  t.equal(await isDemoted(bob), true, 'his own does')
  t.equal(await isDemoted(alice), false, 'but nothing about hers')
})

void t.test('a runner-up that the kernel had connected counts as lost', async t => {
  const rig = beginRace({
    [v6(1)]: { kind: 'established' },
    [v4(1)]: { kind: 'accepts', afterMs: 5 },
  })
  await answerBoth(rig)
  rig.clock.advance(255)
  const result = expectOutcome('won', rig)
  t.strictSame(
    summarise(result.trace).attempts.map(({ outcome }) => outcome),
    ['lost', 'connected'],
  )
  expectClean(t, rig)
})

void t.test('all fail: the outcome keeps its parts', async t => {
  const rig = beginRace({
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
  const rig = beginRace({})
  rig.script.answer('example.com', 'AAAA', notFound('ENOTFOUND'))
  rig.script.answer('example.com', 'A', notFound('ENOTFOUND'))
  await settled()
  t.match(rig.results, [{ outcome: 'failed', reason: 'no-addresses' }])
  expectClean(t, rig)
})

void t.test('the deadline covers the lookups; late answers are let go', async t => {
  const rig = beginRace({})
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
    const rig = beginRace(
      { [v4(1)]: { kind: 'accepts', afterMs: 1 } },
      {
        judge: pair => {
          judged.push(pair)
          return pair.address === v6(1) ? { code: 'ERR_ACCESS_DENIED' } : undefined
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

void t.test('the requester leaves: nothing is left, and the result says only that', async t => {
  const leaving = new AbortController()
  const rig = beginRace({}, { signal: leaving.signal })
  rig.script.answer('example.com', 'AAAA', found(v6(1)))
  await settled()
  t.equal(rig.network.open(), 1)
  leaving.abort()
  t.match(rig.results, [{ outcome: 'aborted' }])
  rig.script.answer('example.com', 'A', found(v4(1)))
  await settled()
  expectClean(t, rig)
})

void t.test('a requester that left before the race began costs no lookup', async t => {
  const rig = beginRace({}, { signal: AbortSignal.abort() })
  t.match(rig.results, [{ outcome: 'aborted' }])
  t.strictSame(rig.script.asked, [])
  expectClean(t, rig)
})

void t.test('a fault of the engine is an error, and closes everything', async t => {
  const rig = beginRace({ [v4(1)]: { kind: 'established' } }, {}, { preferredFamily: 4 })
  rig.script.answer('example.com', 'A', found(v4(1)))
  await settled()
  t.equal(rig.network.open(), 1)
  rig.script.answer('example.com', 'AAAA', { ok: true } as never)
  await settled()
  t.match(rig.errors, [TypeError])
  expectClean(t, rig)
})

void t.test('a fault of a lookup too', async t => {
  const parts = { lookup: () => Promise.reject(new Error('lookups never reject')) }
  const rig = beginRace({}, {}, { parts })
  await settled()
  t.match(rig.errors, [{ message: 'lookups never reject' }])
  expectClean(t, rig)
})

void t.test('a failure keeps the errors of the system, by the number of the attempt', async t => {
  const rig = beginRace({ [v6(1)]: { kind: 'unreachable' }, [v4(1)]: { kind: 'hangs' } })
  await answerBoth(rig)
  rig.clock.advance(30_000)
  const { errors, trace } = expectOutcome('failed', rig)
  t.match([...errors], [[1, { message: `connect ENETUNREACH ${v6(1)}` }]])
  t.equal(summarise(trace).attempts.length, 2)
  expectClean(t, rig)
})

void t.test('each step of the trace is reported once, in order, as it is made', async t => {
  const reported: TraceEntry[] = []
  const rig = beginRace(
    { [v6(1)]: { kind: 'established' }, [v4(1)]: { kind: 'accepts', afterMs: 5 } },
    { onTrace: entry => void reported.push(entry) },
  )
  t.match(reported.at(-1), { command: { type: 'wake-at' } }, 'while the race goes on')
  await answerBoth(rig)
  rig.clock.advance(255)
  const { trace } = expectOutcome('won', rig)
  t.strictSame(reported, trace.entries)
  t.match(reported.at(-1), { command: { type: 'cancel', id: 1, reason: 'second' } })
  expectClean(t, rig)
})

void t.test('what onTrace throws ends the race, whenever that is', async t => {
  for (const type of ['wake', 'connect', 'connected', 'won', 'second']) {
    const rig = beginRace(
      { [v6(1)]: { kind: 'established' }, [v4(1)]: { kind: 'accepts', afterMs: 5 } },
      {
        onTrace: entry => {
          const step = 'event' in entry ? entry.event : entry.command
          const isIt = step.type === type || ('reason' in step && step.reason === type)
          if (isIt) throw new Error(`at ${type}`)
        },
      },
    )
    if (type !== 'wake') await answerBoth(rig)
    rig.clock.advance(255)
    t.match(rig.errors, [{ message: `at ${type}` }])
    expectClean(t, rig)
  }
})

void t.test('an answer that changes during the race replaces the first one', async t => {
  const rig = beginRace({ [v4(1)]: { kind: 'accepts', afterMs: 5 } })
  rig.script.answer('example.com', 'AAAA', found(v6(1), v6(2)))
  await settled()
  t.strictSame(rig.network.dialled, [v6(1)])
  rig.script.update('example.com', 'AAAA', found(v6(3)))
  await settled()
  rig.clock.advance(250)
  t.strictSame(rig.network.dialled, [v6(1), v6(3)], 'what was not tried is dropped')
  t.equal(rig.network.open(), 2, 'what was started goes on')
  rig.script.answer('example.com', 'A', notFound())
  await settled()
  rig.script.update('example.com', 'A', found(v4(1)))
  rig.script.update('example.com', 'AAAA', notFound('ENOTFOUND'))
  await settled()
  rig.clock.advance(255)
  t.equal(expectOutcome('won', rig).address, v4(1))
  rig.script.update('example.com', 'AAAA', found(v6(9)))
  await settled()
  expectClean(t, rig)
})

void t.test('a later answer waits for the first one to be taken in', async t => {
  const slow: (() => void)[] = []
  const rig = beginRace(
    {},
    {},
    {
      config: { queries: [{ host: 'example.com', port: 443, record: 'AAAA' }] },
      parts: {
        network: {
          ...beginRace({}).network,
          source: () =>
            new Promise(resolve => {
              slow.push(() => resolve({ address: null, deprecated: false, prefixLength: 64 }))
            }),
        },
      },
    },
  )
  rig.script.answer('example.com', 'AAAA', found(v6(1), v6(2)))
  await settled()
  rig.script.update('example.com', 'AAAA', notFound())
  await settled()
  t.strictSame(rig.results, [], 'nothing is known yet')
  for (const resolve of slow) resolve()
  await settled()
  rig.clock.advance(30_000)
  const { trace } = expectOutcome('failed', rig)
  const types = trace.entries.flatMap(entry => ('event' in entry ? entry.event.type : []))
  t.strictSame(types, ['wake', 'resolved', 'resolve-failed', 'wake'])
})

void t.test('addresses that are given need no lookup', async t => {
  const judged: unknown[] = []
  const rig = beginRace(
    { [v4(1)]: { kind: 'accepts', afterMs: 5 } },
    { judge: pair => void judged.push(pair) },
    {
      config: {
        queries: [],
        order: 'given',
        addresses: [{ ...candidate(v6(1)), embedded: v4(9) }, candidate(v4(1), 80)],
      },
    },
  )
  t.strictSame(rig.script.asked, [])
  rig.clock.advance(255)
  t.match(expectOutcome('won', rig), { address: v4(1), port: 80 })
  t.strictSame(judged, [
    { host: v6(1), address: v6(1), port: 443, source: 'literal', embedded: v4(9) },
    { host: v4(1), address: v4(1), port: 80, source: 'literal' },
  ])
  expectClean(t, rig)
})

void t.test(
  'a NAT64 address is judged as the IPv4 address in it, by where that came from',
  async t => {
    const judged: unknown[] = []
    const rig = beginRace({}, { judge: pair => void judged.push(pair) })
    const embedded = new Map([['64:ff9b::c000:201', v4(1)]])
    const nat64 = {
      ...found('64:ff9b::c000:201'),
      source: 'nat64',
      embedded,
      origin: 'hosts',
    } as const
    rig.script.answer('example.com', 'AAAA', notFound())
    rig.script.answer('example.com', 'A', nat64)
    await settled()
    t.strictSame(judged, [
      {
        host: 'example.com',
        source: 'hosts',
        embedded: v4(1),
        address: '64:ff9b::c000:201',
        port: 443,
      },
    ])
    t.strictSame(rig.network.dialled, ['64:ff9b::c000:201'])
    rig.clock.advance(30_000)
    const { trace } = expectOutcome('failed', rig)
    t.match(summarise(trace).dns, [{}, { type: 'A', source: 'nat64', records: 1 }])
  },
)

void t.test('a race gets the history of earlier ones, and adds to it once, at its end', async t => {
  const seen: string[] = []
  const memory: RaceMemory = {
    annotate: candidates => {
      seen.push(`annotate ${candidates.map(({ address }) => address).join(' ')}`)
      return candidates.map(each => ({ ...each, demoted: each.family === 6 }))
    },
    learn: ({ entries }) => {
      const last = entries.findLast(entry => 'command' in entry && entry.command.type !== 'cancel')
      seen.push(`learn ${last && 'command' in last ? last.command.type : ''}`)
    },
  }
  const history = { begin: () => memory }
  const won = beginRace({ [v4(1)]: { kind: 'accepts', afterMs: 5 } }, {}, { parts: { history } })
  await answerBoth(won)
  won.clock.advance(5)
  t.strictSame(won.network.dialled, [v4(1)])
  t.strictSame(seen.splice(0), [`annotate ${v6(1)}`, `annotate ${v4(1)}`, 'learn won'])
  const lost = beginRace({}, {}, { parts: { history } })
  lost.clock.advance(30_000)
  const gone = beginRace({}, { signal: AbortSignal.abort() }, { parts: { history } })
  t.strictSame(seen, ['learn lost', 'learn lost'])
  for (const rig of [won, lost, gone]) expectClean(t, rig)
})

void t.test('what is known at once is ordered before anything is dialled', async t => {
  const deprecated = { address: v6(9), deprecated: true, prefixLength: 64 }
  const lookup: Lookup = (_host, record) => (record === 'AAAA' ? found(v6(1)) : found(v4(1)))
  for (const isSlow of [false, true]) {
    const { network } = beginRace({})
    const source: RaceParts<MemorySocket>['network']['source'] = address => {
      const known = address === v6(1) ? deprecated : network.source(address)
      return isSlow ? Promise.resolve(known) : known
    }
    const rig = beginRace({}, {}, { parts: { lookup, network: { ...network, source } } })
    if (!isSlow) t.strictSame(network.dialled, [v4(1)], 'before the call returns')
    await settled()
    t.strictSame(network.dialled, [v4(1)])
    rig.clock.advance(250)
    t.strictSame(network.dialled, [v4(1), v6(1)])
    const { entries } = expectOutcome('failed', (rig.clock.advance(30_000), rig)).trace
    t.match(
      entries.filter(entry => 'event' in entry && entry.event.type === 'resolved'),
      [{ more: true }, { more: undefined }],
      'in one moment',
    )
  }
})

void t.test('an address in doubt waits for the other family', async t => {
  const { network } = beginRace({})
  const local = { address: 'fd00::9', deprecated: false, prefixLength: 64 }
  const source = (address: string) => (address === v6(1) ? local : network.source(address))
  const rig = beginRace({}, {}, { parts: { network: { ...network, source } } })
  rig.script.answer('example.com', 'AAAA', found(v6(1)))
  await settled()
  t.strictSame(network.dialled, [])
  rig.clock.advance(1)
  rig.script.answer('example.com', 'A', found(v4(1)))
  await settled()
  t.strictSame(network.dialled, [v4(1)])
})

const staleAnswer = (address: string): Answer => ({
  ...found(address),
  ttl: 0,
  source: 'stale',
  refreshing: true,
})

void t.test('a race waits for the refresh of a stale answer, and its addresses join', async t => {
  const rig = beginRace({
    [v4(1)]: { kind: 'refuses', afterMs: 1 },
    [v4(2)]: { kind: 'accepts', afterMs: 5 },
  })
  rig.script.answer('example.com', 'AAAA', notFound())
  rig.script.answer('example.com', 'A', staleAnswer(v4(1)))
  await settled()
  rig.clock.advance(300)
  t.strictSame(rig.results, [])
  rig.script.update('example.com', 'A', found(v4(2)))
  await settled()
  rig.clock.advance(5)
  const { trace, address } = expectOutcome('won', rig)
  t.equal(address, v4(2))
  const { dns, attempts, hidden } = summarise(trace)
  t.match(dns[1], { type: 'A', source: 'stale', records: 1 })
  t.match(attempts, [{ outcome: 'failed' }, { outcome: 'connected', startMs: 300 }])
  t.equal(hidden, false, 'the address is gone: there is no outage')
  expectClean(t, rig)
})

void t.test('and fails when the refresh has brought nothing', async t => {
  for (const last of [{ ...staleAnswer(v4(1)), refreshing: undefined } as never, notFound()]) {
    const rig = beginRace({ [v4(1)]: { kind: 'refuses', afterMs: 1 } })
    rig.script.answer('example.com', 'AAAA', notFound())
    rig.script.answer('example.com', 'A', staleAnswer(v4(1)))
    await settled()
    rig.clock.advance(300)
    rig.script.update('example.com', 'A', last)
    await settled()
    t.match(rig.results, [{ outcome: 'failed', reason: 'all-failed' }])
    expectClean(t, rig)
  }
})

void t.test('races that share descriptors: the oldest gives up first', async t => {
  const budget = createScriptedBudget(7)
  const clock = createHandClock(1000)
  const network = createMemoryNetwork(clock, {})
  const many = Array.from({ length: 9 }, (_, i) => v6(i + 1))
  const lookup: Lookup = (_host, record) => (record === 'AAAA' ? found(...many) : notFound())
  const begin = () => {
    const entries: TraceEntry[] = []
    const leaving = new AbortController()
    const request = { signal: leaving.signal, onTrace: (each: TraceEntry) => entries.push(each) }
    const parts = { budget, clock, network, lookup }
    const rig = beginRace({}, request, { config: { maxConcurrentAttempts: 9 }, parts })
    const attempts = () => {
      const trace = { v: 1, config: raceConfig(), entries } as const
      return summarise(trace).attempts.map(({ code, outcome }) => code ?? outcome)
    }
    return { rig, attempts, leave: () => leaving.abort() }
  }
  const gone = (count: number): string[] => Array.from({ length: count }, () => 'EMFILE')
  const open = (count: number): null[] => Array.from({ length: count }, () => null)

  const old = begin()
  clock.advance(1750)
  t.strictSame([old.attempts(), budget.free()], [open(8), 0], 'one needs none, seven have all')
  clock.advance(250)
  t.strictSame(old.attempts(), [...gone(2), ...open(7)], 'it gives up two for its own next one')
  t.equal(network.open(), 7)

  const young = begin()
  clock.advance(250)
  t.strictSame([young.attempts(), budget.free()], [open(2), 0])
  clock.advance(250)
  t.strictSame(young.attempts(), open(3))
  t.strictSame(old.attempts(), [...gone(3), ...open(6)], 'six are left to it')
  clock.advance(500)
  t.strictSame(young.attempts(), open(3), 'none is left for a fourth')
  t.strictSame(old.attempts(), [...gone(3), ...open(6)])
  old.leave()
  t.strictSame(young.attempts(), open(4), 'what is given back is used at once')
  t.strictSame([budget.races.length, budget.free()], [1, 4])
  young.leave()
  t.strictSame([budget.races.length, budget.free(), network.open()], [0, 7, 0])
  t.match([...old.rig.results, ...young.rig.results], [{ outcome: 'aborted' }, {}])
})

void t.test('what throws while a race is asked for attempts leaves nothing taken', async t => {
  const budget = createScriptedBudget(1)
  const onTrace = (entry: TraceEntry): void => {
    if ('event' in entry && entry.event.type === 'deferred') throw new Error('in onTrace')
  }
  const rig = beginRace({}, { onTrace }, { parts: { budget } })
  rig.script.answer('example.com', 'A', notFound())
  rig.script.answer('example.com', 'AAAA', found(v6(1), v6(2), v6(3)))
  await settled()
  rig.clock.advance(600)
  t.match(rig.errors, [{ message: 'in onTrace' }])
  t.strictSame([budget.races, budget.free()], [[], 1])
  expectClean(t, rig)
})

void t.test('one requester serves the lookups of a race, and leaves as it ends', async t => {
  const won = beginRace({ [v6(1)]: { kind: 'accepts', afterMs: 20 } })
  const [requester, other] = won.script.requesters
  t.ok(requester)
  t.equal(requester, other)
  t.equal(requester?.client, 'process')
  await answerBoth(won)
  t.equal(requester?.left, false)
  won.clock.advance(20)
  t.equal(requester?.left, true)
  expectOutcome('won', won)

  const own = createRequester('192.0.2.1')
  const late = beginRace({}, { requester: own })
  t.same(late.script.requesters, [own, own])
  late.clock.advance(30_000)
  expectOutcome('failed', late)
  t.equal(own.left, true)

  const gone = createRequester('192.0.2.1')
  const controller = new AbortController()
  beginRace({}, { requester: gone, signal: controller.signal })
  t.equal(gone.left, false)
  controller.abort()
  t.equal(gone.left, true)
})
