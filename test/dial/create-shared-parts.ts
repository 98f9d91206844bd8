import t from 'tap'
import { createSharedParts } from '../../src/dial/create-shared-parts.ts'
import { createRealClock } from '../../src/net/host/real-clock.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { testLookups } from '../fixtures/host-lookups.ts'

const BOUNDS = { minimumDelayMs: 100, maximumDelayMs: 2000 }
const BOTH = { ipv4: true, ipv6: true, preferredFamily: 6 } as const

void t.test('resolver and history forget together, when the network is another one', async t => {
  const dns = await createDnsServer({ 'www.example.com A': { addresses: ['192.0.2.1'] } })
  t.teardown(() => dns.close())
  const clock = createRealClock()
  let epoch = 1
  const network = { connectivity: () => BOTH, epoch: () => epoch }
  const options = { servers: [dns.address], search: [] }
  const { resolver, history } = createSharedParts(options, BOUNDS, {
    clock,
    network,
    lookups: testLookups(),
  })
  t.teardown(() => resolver.close())
  const sourceNow = async (): Promise<string> =>
    (await resolver.lookup('www.example.com', 'A')).source
  t.equal(await sourceNow(), 'dns')
  t.equal(await sourceNow(), 'cache')

  const candidate = { address: '192.0.2.1', family: 4, port: 1 } as const
  const isKnown = (): boolean => history.begin().annotate([candidate])[0]?.rttMs !== undefined
  const timing = {
    resolutionDelayMs: 50,
    connectionAttemptDelayMs: 250,
    attemptTimeoutMs: null,
    connectTimeoutMs: null,
  }
  const config = {
    queries: [],
    addresses: [candidate],
    preferredFamily: 6,
    order: 'given',
    policyTable: 'updated',
    firstAddressFamilyCount: 1,
    maxConcurrentAttempts: 6,
    timing,
  } as const
  history.begin().learn({
    v: 1,
    config,
    entries: [
      { at: 0, command: { type: 'connect', id: 1, ...candidate } },
      { at: 5, event: { type: 'connected', id: 1, local: '' } },
      { at: 5, command: { type: 'won', id: 1, hidden: false } },
    ],
  })
  t.equal(isKnown(), true)

  epoch = 2
  t.equal(await sourceNow(), 'dns')
  t.equal(isKnown(), false)
})

void t.test('without bounds nothing is learnt', async t => {
  const network = { connectivity: () => BOTH, epoch: () => 1 }
  const { resolver, history } = createSharedParts({}, null, {
    clock: createRealClock(),
    network,
    lookups: testLookups(),
  })
  t.teardown(() => resolver.close())
  t.equal(history, null)
})
