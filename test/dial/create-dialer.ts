import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import t from 'tap'
import { createDialer } from '../../src/dial/create-dialer.ts'
import { createRealClock } from '../../src/net/host/real-clock.ts'
import { createNetwork } from '../../src/net/node/network.ts'
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
    { clock, network: createNetwork({ clock }), lookups: testLookups() },
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

void t.test('a name that is not there fails with its parts', async t => {
  const { dial, resolver } = createDialer(
    { resolver: { hosts: { 'db.example': ['127.0.0.1'] }, ipv4: false }, race },
    { clock, network: createNetwork({ clock }), lookups: testLookups() },
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
      { clock, network: createNetwork({ clock }), lookups: testLookups() },
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
        { clock, network: createNetwork({ clock }), lookups: testLookups() },
      ),
    { code: 'ERR_INVALID_ARG' },
  )
})

void t.test('the resolver notices that the addresses of this host have changed', async t => {
  const server = await createDnsServer({ '*': { addresses: ['192.0.2.1'] } })
  t.teardown(server.close)
  let epoch = 1
  const network = { ...createNetwork({ clock }), epoch: () => epoch }
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
