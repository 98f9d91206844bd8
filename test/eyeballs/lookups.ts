import t from 'tap'
import { createRequester } from '../../src/core/requester.ts'
import { annotateCandidates, createLookups } from '../../src/eyeballs/lookups.ts'
import { createOrigins } from '../../src/eyeballs/origins.ts'
import type { Candidate, RaceConfig, RaceEvent } from '../../src/eyeballs/race/types.ts'
import type { SourceAddress } from '../../src/net/network.ts'
import type { Answer, Lookup } from '../../src/resolver/types.ts'
import { raceConfig, v4, v6 } from '../fixtures/race.ts'
import { createScriptLookup, found, notFound, settled } from '../fixtures/script-lookup.ts'

const SOURCE: SourceAddress = { address: v6(9), deprecated: false, prefixLength: 64 }

/** Both lookups of example.com, with what a test wants to be otherwise. */
const begin = (
  lookup: Lookup,
  source: (address: string) => SourceAddress | Promise<SourceAddress> = () => SOURCE,
  config: RaceConfig = raceConfig(),
) => {
  const state = { isOver: false, ready: 0, faults: [] as unknown[] }
  const origins = createOrigins()
  const lookups = createLookups({
    lookup,
    requester: createRequester(),
    config,
    network: { source },
    memory: undefined,
    origins,
    isOver: () => state.isOver,
    onReady: () => void state.ready++,
    broken: error => void state.faults.push(error),
  })
  for (const [id, query] of config.queries.entries()) lookups.resolve(id, query)
  /** What the race would be given now, in words. */
  const take = (): string[] => {
    const events: RaceEvent[] = []
    lookups.moveTo(events)
    return events.map(event => {
      if (event.type !== 'resolved' && event.type !== 'resolve-failed') return event.type
      const what =
        event.type === 'resolved' ? event.candidates.map(({ address }) => address) : [event.code]
      return [event.id, ...what, ...(event.refreshing ? ['refreshing'] : [])].join(' ')
    })
  }
  return { state, origins, take }
}

const both = (host: string): Answer => found(host.includes(':') ? host : v6(1))

/** Sources that a test answers by hand, in the order in which they were asked for. */
const slowSources = () => {
  const waiting: ((source: SourceAddress) => void)[] = []
  return {
    source: () => new Promise<SourceAddress>(resolve => void waiting.push(resolve)),
    reply: () => waiting.shift()?.(SOURCE),
  }
}

t.test('what is known at once is there at once, and together', async t => {
  const { state, take, origins } = begin((_host, record) =>
    record === 'AAAA' ? both('') : found(v4(1)),
  )
  t.strictSame(take(), [`0 ${v6(1)}`, `1 ${v4(1)}`])
  t.strictSame(take(), [], 'once')
  t.equal(state.ready, 0, 'the one who asks looks for himself')
  t.match(origins.of(v4(1), 443), { host: 'example.com', source: 'dns' })
})

t.test('where sources are asked for, all that is known waits for them', async t => {
  const { source, reply } = slowSources()
  const { state, take } = begin(
    (_host, record) => (record === 'AAAA' ? found(v6(1)) : found(v4(1))),
    address => (address === v6(1) ? SOURCE : source()),
  )
  t.strictSame(take(), [], 'the AAAA answer alone is not given')
  reply()
  await settled()
  t.equal(state.ready, 1)
  t.strictSame(take(), [`0 ${v6(1)}`, `1 ${v4(1)}`])
})

t.test('an answer that comes while another is annotated is given with it', async t => {
  const { source, reply } = slowSources()
  const script = createScriptLookup()
  const { take } = begin(script.lookup, source)
  script.answer('example.com', 'AAAA', found(v6(1)))
  await settled()
  script.answer('example.com', 'A', found(v4(1)))
  await settled()
  reply()
  await settled()
  t.strictSame(take(), [], 'the other one is not annotated yet')
  reply()
  await settled()
  t.strictSame(take(), [`0 ${v6(1)}`, `1 ${v4(1)}`])
})

t.test('so are two that come in one turn', async t => {
  const script = createScriptLookup()
  const events: string[][] = []
  const rig = begin(script.lookup)
  script.answer('example.com', 'AAAA', found(v6(1)))
  script.answer('example.com', 'A', notFound())
  const look = (): void => {
    const taken = rig.take()
    if (taken.length > 0) events.push(taken)
  }
  for (let i = 0; i < 20; i++) {
    await Promise.resolve()
    look()
  }
  t.strictSame(events, [[`0 ${v6(1)}`, '1 ENODATA']])
})

t.test('one that comes later does not keep the first one back', async t => {
  const script = createScriptLookup()
  const { state, take } = begin(script.lookup)
  script.answer('example.com', 'AAAA', found(v6(1)))
  await settled()
  t.strictSame([state.ready, take()], [1, [`0 ${v6(1)}`]])
  script.answer('example.com', 'A', found(v4(1)))
  await settled()
  t.strictSame([state.ready, take()], [2, [`1 ${v4(1)}`]])
})

t.test('a refresh is passed on, and so is its end, behind the answer', async t => {
  const { source, reply } = slowSources()
  const script = createScriptLookup()
  const { take } = begin(script.lookup, source)
  script.answer('example.com', 'AAAA', { ...found(v6(1)), refreshing: true })
  script.update('example.com', 'AAAA', notFound('ENOTFOUND'))
  script.answer('example.com', 'A', { ...notFound(), refreshing: true })
  script.update('example.com', 'A', found(v4(1)))
  await settled()
  t.strictSame(take(), [])
  reply()
  await settled()
  reply()
  await settled()
  t.strictSame(take(), [
    '1 ENODATA refreshing',
    `0 ${v6(1)} refreshing`,
    '0 ENOTFOUND',
    `1 ${v4(1)}`,
  ])
})

t.test('after the end of the race answers are dropped', async t => {
  const script = createScriptLookup()
  const { state, take } = begin(script.lookup)
  state.isOver = true
  script.answer('example.com', 'AAAA', found(v6(1)))
  await settled()
  t.strictSame([state.ready, take()], [0, []])
})

t.test('a fault is reported, wherever it is', async t => {
  const rejected = begin(() => Promise.reject(new Error('lookups never reject')))
  await settled()
  t.match(rejected.state.faults, [{ message: 'lookups never reject' }, {}])
  const broken = begin(async () => ({ ok: true }) as never)
  await settled()
  t.match(broken.state.faults, [TypeError, TypeError])
  t.throws(() => begin(() => ({ ok: true }) as never), TypeError, 'at once where it is at once')
})

const query = { host: 'example.com', port: 443, record: 'AAAA' } as const

const network = (): { asked: string[]; source: (address: string) => SourceAddress } => {
  const asked: string[] = []
  return {
    asked,
    source: address => {
      asked.push(address)
      return { address: v6(0xff), deprecated: true, prefixLength: 56 }
    },
  }
}

void t.test('each address gets what only the host knows', async t => {
  const host = network()
  t.strictSame(await annotateCandidates({ addresses: [v6(1), v6(2)] }, query, raceConfig(), host), [
    {
      address: v6(1),
      family: 6,
      port: 443,
      source: v6(0xff),
      sourceDeprecated: true,
      sourcePrefixLength: 56,
    },
    {
      address: v6(2),
      family: 6,
      port: 443,
      source: v6(0xff),
      sourceDeprecated: true,
      sourcePrefixLength: 56,
    },
  ])
  t.strictSame(host.asked, [v6(1), v6(2)])
})

void t.test('nobody is asked for an address that has no order', async t => {
  const host = network()
  const one = { host: v4(1), port: 443, record: 'A' } as const
  t.strictSame(
    await annotateCandidates({ addresses: [v4(1)] }, one, raceConfig({ queries: [one] }), host),
    [{ address: v4(1), family: 4, port: 443 }],
  )
  await annotateCandidates(
    { addresses: [v6(1), v6(2)] },
    query,
    raceConfig({ order: 'given' }),
    host,
  )
  t.strictSame(host.asked, [])
})

void t.test('a NAT64 address is IPv6, and says which IPv4 address it stands for', async t => {
  const embedded = new Map([['64:ff9b::c000:201', v4(1)]])
  const addresses = ['64:ff9b::c000:201']
  const nat64 = { address: '64:ff9b::c000:201', family: 6, port: 443, embedded: v4(1) } as const
  const one = { host: v4(1), port: 443, record: 'A' } as const
  const alone = raceConfig({ queries: [one] })
  t.strictSame(await annotateCandidates({ addresses, embedded }, one, alone, network()), [nat64])
  t.match(await annotateCandidates({ addresses, embedded }, query, raceConfig(), network()), [
    { ...nat64, source: v6(0xff) },
  ])
})

void t.test('what earlier races taught is for races with a choice', async t => {
  const memory = {
    annotate: (candidates: readonly Candidate[]) =>
      candidates.map(each => ({ ...each, demoted: true })),
    learn: () => t.fail('the race is not over'),
  }
  const annotate = async (addresses: readonly string[], config: RaceConfig) => {
    const list = await annotateCandidates({ addresses }, query, config, network(), memory)
    return list.map(({ demoted = false }) => demoted)
  }
  t.strictSame(await annotate([v6(1)], raceConfig()), [true])
  t.strictSame(await annotate([v6(1), v6(2)], raceConfig({ order: 'given' })), [true, true])
  t.strictSame(await annotate([v6(1)], raceConfig({ queries: [query] })), [false])
  const addresses = [{ address: v4(1), family: 4, port: 443 }] as const
  t.strictSame(await annotate([v6(1)], raceConfig({ queries: [query], addresses })), [true])
})

void t.test('what was annotated before stays as it is, and is not annotated again', async t => {
  const taught: string[] = []
  const memory = {
    annotate: (candidates: readonly Candidate[]) => {
      taught.push(...candidates.map(({ address }) => address))
      return candidates.map(each => ({ ...each, rttMs: 7 }))
    },
    learn: () => t.fail('the race is not over'),
  }
  const host = network()
  const annotate = (
    addresses: readonly string[],
    config: RaceConfig,
    known: readonly Candidate[],
  ) => annotateCandidates({ addresses }, query, config, host, memory, known)
  const first = await annotate([v6(1), v6(2)], raceConfig(), [])
  const second = await annotate([v6(3), v6(2)], raceConfig(), first)
  t.match(second, [{ address: v6(3), rttMs: 7, source: v6(0xff) }, { address: v6(2) }])
  t.equal(second.length, 2)
  t.equal(second[1], first[1])
  t.strictSame(taught, [v6(1), v6(2), v6(3)])
  t.strictSame(host.asked, taught)
  t.strictSame(await annotate([v6(2), v6(1)], raceConfig(), first), [first[1], first[0]])

  const alone = raceConfig({ queries: [query] })
  const one = await annotate([v6(1)], alone, [])
  t.equal((await annotate([v6(1)], alone, one))[0], one[0])
  const two = await annotate([v6(1), v6(2)], alone, one)
  t.match(two, [{ source: v6(0xff) }, { source: v6(0xff) }], 'now there is an order')
})

t.test('an IPv4 address among those of an IPv6 lookup has the family that it is of', async t => {
  const addresses = [v6(1), '192.0.2.1']
  const candidates = await annotateCandidates({ addresses }, query, raceConfig(), network())
  t.match(candidates, [{ family: 6 }, { address: '192.0.2.1', family: 4 }])
})
