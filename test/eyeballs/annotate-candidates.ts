import t from 'tap'
import { annotateCandidates } from '../../src/eyeballs/annotate-candidates.ts'
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
