import t from 'tap'
import { createHostLookups } from '../../src/dial/host-lookups.ts'
import { createRealClock } from '../../src/net/host/real-clock.ts'
import { createResolver } from '../../src/resolver/create-resolver.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'

t.test('a resolver of this host asks a server', async t => {
  const server = await createDnsServer({ 'www.example.com A': { addresses: ['192.0.2.1'] } })
  t.teardown(server.close)
  const lookups = createHostLookups({ hasInterface: () => true, queriesMax: 4 })
  t.equal(lookups.load.max, 4)
  t.equal(lookups.env, process.env)
  const clock = createRealClock()
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
