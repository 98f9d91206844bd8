import t from 'tap'
import { createAsker } from '../../src/core/asker.ts'
import { createLookups } from '../../src/eyeballs/lookups.ts'
import { createOrigins } from '../../src/eyeballs/origins.ts'
import type { RaceConfig, RaceEvent } from '../../src/eyeballs/race/types.ts'
import type { SourceAddress } from '../../src/net/types.ts'
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
    asker: createAsker(),
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
