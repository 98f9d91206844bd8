import t from 'tap'
import { annotateCandidates } from '../../src/eyeballs/annotate-candidates.ts'
import type { Candidate, RaceConfig } from '../../src/eyeballs/race/types.ts'
import type { SourceAddress } from '../../src/net/types.ts'
import { raceConfig, v4, v6 } from '../fixtures/race.ts'

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
    const found = await annotateCandidates({ addresses }, query, config, network(), memory)
    return found.map(({ demoted = false }) => demoted)
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
