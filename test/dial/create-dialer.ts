import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import t from 'tap'
import { createDialer, createHostLookups, createSharedParts } from '../../src/dial/create-dialer.ts'
import { createRealClock } from '../../src/net/host/real-clock.ts'
import { createNodeNetwork } from '../../src/net/node/node-network.ts'
import { createResolver } from '../../src/resolver/create-resolver.ts'
import { dialerOptions } from '../fixtures/dialer-options.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { testLookups } from '../fixtures/host-lookups.ts'

const clock = createRealClock()
const race = dialerOptions
const BOTH = { ipv4: true, ipv6: true, preferredFamily: 6 } as const

void t.test('a name is looked up, raced and connected on this host', async t => {
  const server = createServer(socket => socket.end('hello'))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo

  const { dial, resolver } = createDialer(
    { resolver: { hosts: { 'db.example': ['127.0.0.1'] } }, race },
    { clock, network: createNodeNetwork({ clock }), lookups: testLookups() },
  )
  t.teardown(() => resolver.close())
  const result = await dial({ targets: [{ host: 'db.example', port }] })
  if (result.outcome !== 'won') throw new Error('won was expected')
  t.equal(result.address, '127.0.0.1')
  t.equal(result.socket.isPaused(), true)
  const chunks = await result.socket.toArray()
  t.equal(Buffer.concat(chunks as Buffer[]).toString(), 'hello')
  result.socket.destroy()
})

void t.test('beginBy connects otherwise, with the same lookups', async t => {
  const { beginBy, resolver } = createDialer(
    { resolver: { hosts: { 'db.example': ['192.0.2.1'] } }, race },
    { clock, network: createNodeNetwork({ clock }), lookups: testLookups() },
  )
  t.teardown(() => resolver.close())
  const endpoints: unknown[] = []
  const begin = beginBy((endpoint, settle) => {
    endpoints.push(endpoint)
    const { address } = endpoint
    const message = `connect EADDRNOTAVAIL ${address}`
    process.nextTick(settle, { ok: false, code: 'EADDRNOTAVAIL', message, sent: false } as const)
    return () => false
  })
  const targets = [{ host: 'db.example', port: 9 }]
  const result = await new Promise((resolve, reject) => begin({ targets }, resolve, reject))
  t.match(result, { outcome: 'failed', reason: 'all-failed' })
  t.match(endpoints, [{ address: '192.0.2.1', port: 9 }])
})

void t.test('a name that is not there fails with its parts', async t => {
  const { dial, resolver } = createDialer(
    { resolver: { hosts: { 'db.example': ['127.0.0.1'] }, ipv4: false }, race },
    { clock, network: createNodeNetwork({ clock }), lookups: testLookups() },
  )
  t.teardown(() => resolver.close())
  const result = await dial({ targets: [{ host: 'db.example', port: 1 }] })
  t.match(result, { outcome: 'failed', reason: 'no-addresses' })
})

void t.test('its races learn, where they are to', async t => {
  const server = createServer(socket => socket.end())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const hosts = { 'db.example': ['127.0.0.1', '::1'] }
  for (const adaptive of [null, { minimumDelayMs: 100, maximumDelayMs: 2000 }]) {
    const { dial, resolver } = createDialer(
      { resolver: { hosts }, race: { ...race, adaptive } },
      { clock, network: createNodeNetwork({ clock }), lookups: testLookups() },
    )
    t.teardown(() => resolver.close())
    const delays = async (): Promise<unknown[]> => {
      const result = await dial({ targets: [{ host: 'db.example', port }] })
      if (result.outcome === 'won') result.socket.destroy()
      return result.trace.entries.flatMap(entry =>
        'event' in entry && entry.event.type === 'resolved'
          ? entry.event.candidates.flatMap(({ attemptDelayMs }) => attemptDelayMs ?? [])
          : [],
      )
    }
    t.strictSame(await delays(), [])
    t.equal((await delays()).length, adaptive ? 1 : 0)
  }
})

void t.test('options that make no sense are refused', async t => {
  t.throws(
    () =>
      createDialer(
        { resolver: { ipv4: false, ipv6: false }, race },
        { clock, network: createNodeNetwork({ clock }), lookups: testLookups() },
      ),
    { code: 'ERR_INVALID_ARG' },
  )
})

void t.test('the resolver notices that the addresses of this host have changed', async t => {
  const server = await createDnsServer({ '*': { addresses: ['192.0.2.1'] } })
  t.teardown(server.close)
  let epoch = 1
  const network = { ...createNodeNetwork({ clock }), epoch: () => epoch }
  const { resolver } = createDialer(
    { resolver: { servers: [server.address], search: [] }, race },
    { clock, network: { ...network, connectivity: () => BOTH }, lookups: testLookups() },
  )
  t.teardown(() => resolver.close())
  const sourceOf = async () => (await resolver.lookup('www.example.com', 'A')).source
  t.equal(await sourceOf(), 'dns')
  t.equal(await sourceOf(), 'cache')
  epoch = 2
  t.equal(await sourceOf(), 'dns')
})

t.test('a resolver of this host asks a server', async t => {
  const server = await createDnsServer({ 'www.example.com A': { addresses: ['192.0.2.1'] } })
  t.teardown(server.close)
  const lookups = createHostLookups({ hasInterface: () => true, queriesMax: 4 })
  t.equal(lookups.load.max, 4)
  t.equal(lookups.env, process.env)
  const resolver = createResolver({ servers: [server.address], search: [] }, { ...lookups, clock })
  t.teardown(resolver.close)
  t.match(await resolver.lookup('www.example.com', 'A'), { addresses: ['192.0.2.1'] })
})

t.test('a socket that the system refuses is reported', async t => {
  const heard: string[][] = []
  const { transport } = createHostLookups({
    hasInterface: () => true,
    queriesMax: 4,
    onExhausted: (...said) => void heard.push(said),
  })
  // Nobody listens there: it fails, and not for want of anything.
  const code = await new Promise<string>(resolve => {
    const endpoint = { address: '127.0.0.1', family: 4, port: 1 } as const
    transport.openUdp(endpoint, { message: () => {}, failed: resolve }).send(new Uint8Array(1))
  })
  t.equal(code, 'ECONNREFUSED')
  t.same(heard, [])
})

t.test('ids are at random, and of 16 bits', async t => {
  const { transport } = createHostLookups({ hasInterface: () => true, queriesMax: 4 })
  const ids = Array.from({ length: 2000 }, transport.randomId)
  t.ok(ids.every(id => Number.isInteger(id) && id >= 0 && id < 65_536))
  t.ok(new Set(ids).size > 1900)
  t.ok(ids.some(id => id > 60_000) && ids.some(id => id < 5000))
})

t.test('the C library, and the servers of the system', async t => {
  const lookups = createHostLookups({ hasInterface: () => true, queriesMax: 4 })
  t.ok(lookups.systemServers().length > 0)
  const lookup = lookups.openSystemLookup()
  t.teardown(lookup.close)
  const found = await new Promise(resolve => {
    lookup.lookup('127.0.0.1', 4, (code, addresses) => resolve({ code, addresses }))
  })
  t.same(found, { code: null, addresses: ['127.0.0.1'] })
})

const BOUNDS = { minimumDelayMs: 100, maximumDelayMs: 2000 }

void t.test('resolver and history forget together, when the network is another one', async t => {
  const dns = await createDnsServer({ 'www.example.com A': { addresses: ['192.0.2.1'] } })
  t.teardown(() => dns.close())
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
