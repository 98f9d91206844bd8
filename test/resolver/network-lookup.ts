import t from 'tap'
import type { RecordType } from '../../src/core/ip.ts'
import { createCache, createCachedQuery } from '../../src/resolver/cache.ts'
import { readServers } from '../../src/resolver/dns/servers.ts'
import { createNat64 } from '../../src/resolver/nat64/create-nat64.ts'
import { createNetworkLookup, createNetworkState } from '../../src/resolver/network-lookup.ts'
import { createQueryLoad } from '../../src/resolver/query-load.ts'
import { CACHE_DEFAULTS } from '../../src/resolver/resolver-options.ts'
import type { SystemConfig } from '../../src/resolver/system-config.ts'
import { NOTHING_CONFIGURED } from '../../src/resolver/system-config.ts'
import type { Answer, Families } from '../../src/resolver/types.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { settled } from '../fixtures/script-lookup.ts'
import { createScriptedSource } from '../fixtures/scripted-query.ts'

const PREFIX = 'AAAA ipv4only.arpa'
const FOUND: Answer = { ok: true, addresses: ['2001:db8:64::c000:aa'], ttl: 900, source: 'dns' }
const NODATA: Answer = { ok: false, code: 'ENODATA', source: 'dns' }
const good = (address: string, source: 'dns' | 'literal' | 'hosts' = 'dns'): Answer => ({
  ok: true,
  addresses: [address],
  ttl: 60,
  source,
})

type Setting = {
  readonly records?: readonly RecordType[]
  readonly mode?: 'dns' | 'system'
  readonly nat64?: string
  readonly search?: readonly string[]
  readonly noAaaa?: boolean
}

const setUp = ({
  records = ['AAAA', 'A'],
  mode = 'dns',
  nat64: setting = 'auto',
  search = [],
  noAaaa = false,
}: Setting = {}) => {
  const host = { families: { ipv4: false, ipv6: true } as Families | Promise<Families>, looks: 0 }
  const clock = createHandClock()
  const scripted = createScriptedSource()
  const cached = createCachedQuery(
    scripted.source,
    createCache(CACHE_DEFAULTS, clock),
    createQueryLoad(),
  )
  const network = createNetworkState({
    config: () => {
      host.looks++
      return { ...NOTHING_CONFIGURED, search, noAaaa }
    },
    families: () => host.families,
    epoch: () => 0,
    onChange: () => {},
  })
  const nat64 = createNat64(setting, cached.query, clock)
  const families = () => host.families
  const networkLookup = createNetworkLookup({ mode, records, families, network, cached, nat64 })
  const ask = async (record: RecordType, update?: (answer: Answer) => void): Promise<Answer> => {
    await network.update()
    return networkLookup.query({ kind: 'name', name: 'a.example', absolute: false }, record, update)
  }
  return { clock, host, ask, adapt: networkLookup.adapt, ...scripted }
}

t.test('with a NAT64 both families are asked for, and A is synthesised', async t => {
  const { ask, asked, answer } = setUp()
  const both = Promise.all([ask('AAAA'), ask('A')])
  await settled()
  t.same(asked(), [PREFIX, 'AAAA a.example', 'A a.example'], 'none waits for another')
  answer('AAAA a.example', good('2001:db8::1'))
  answer('A a.example', good('192.0.2.1'))
  answer(PREFIX, FOUND)
  t.match(await both, [
    { addresses: ['2001:db8::1'], source: 'dns' },
    { addresses: ['2001:db8:64::c000:201'], source: 'nat64', origin: 'dns', ttl: 60 },
  ])
})

t.test('without one A leads nowhere, and is asked for only while that is not known', async t => {
  const { ask, asked, answer } = setUp()
  const first = ask('A')
  await settled()
  answer('A a.example', good('192.0.2.1'))
  answer(PREFIX, NODATA)
  t.same(await first, NODATA)
  t.same(await ask('A'), { ...NODATA, source: 'none' })
  t.same(asked(), [PREFIX, 'A a.example'], 'then not at all')
})

t.test('a name that has no address has none by NAT64 either', async t => {
  const { ask, answer } = setUp()
  const first = ask('A')
  await settled()
  answer('A a.example', { ok: false, code: 'ENOTFOUND', source: 'dns' })
  t.match(await first, { code: 'ENOTFOUND' })
})

t.test(
  'a family that is switched off is not synthesised, and nothing is found out for it',
  async t => {
    const each: readonly (readonly RecordType[])[] = [['AAAA'], ['A']]
    for (const records of each) {
      const { ask, asked, adapt } = setUp({ records })
      void ask('AAAA')
      await settled()
      t.same(asked(), records.includes('AAAA') ? ['AAAA a.example'] : [])
      const literal = good('192.0.2.1', 'literal')
      t.equal(adapt(literal, 'A'), literal)
    }
  },
)

t.test('what is known without a query is synthesised too', async t => {
  const { adapt, asked, answer } = setUp()
  const waiting = adapt(good('192.0.2.1', 'literal'), 'A')
  answer(PREFIX, FOUND)
  t.match(await waiting, {
    source: 'nat64',
    origin: 'literal',
    embedded: new Map([['2001:db8:64::c000:201', '192.0.2.1']]),
  })
  t.match(adapt(good('192.0.2.1', 'hosts'), 'A'), { source: 'nat64', origin: 'hosts' })
  t.match(adapt(good('2001:db8:64::c000:201', 'literal'), 'AAAA'), {
    source: 'literal',
    embedded: new Map([['2001:db8:64::c000:201', '192.0.2.1']]),
  })
  t.same(asked(), [PREFIX])
})

t.test('but not loopback and its like: nothing is looked at for them', async t => {
  const { adapt, asked, host } = setUp()
  for (const address of ['127.0.0.1', '0.0.0.0', '169.254.1.1', '224.0.0.1', '255.255.255.255']) {
    const answer = good(address, 'literal')
    t.equal(adapt(answer, 'A'), answer, address)
  }
  t.same([asked(), host.looks], [[], 0])
})

t.test('nor is anything on a host that has IPv4, whenever that is known', async t => {
  const { adapt, asked, answer, host } = setUp()
  const [four, six] = [good('192.0.2.1', 'literal'), good('2001:db8:64::c000:201', 'literal')]
  const none: Answer = { ok: false, code: 'ENODATA', source: 'hosts' }
  host.families = { ipv4: true, ipv6: true }
  t.equal(adapt(four, 'A'), four)
  t.equal(adapt(six, 'AAAA'), six)
  t.equal(adapt(none, 'A'), none)
  host.families = Promise.resolve({ ipv4: true, ipv6: true })
  t.equal(await adapt(four, 'A'), four)
  t.same([asked(), host.looks], [[], 0])
  host.families = Promise.resolve({ ipv4: false, ipv6: true })
  const waiting = adapt(four, 'A')
  await settled()
  t.same(asked(), [PREFIX], 'until it has none')
  answer(PREFIX, FOUND)
  t.match(await waiting, { source: 'nat64' })
})

t.test('search domains are tried in both families', async t => {
  const { ask, asked, answer } = setUp({ search: ['b.example'] })
  const both = Promise.all([ask('AAAA'), ask('A')])
  await settled()
  t.same(asked(), [PREFIX, 'AAAA a.example', 'A a.example'])
  answer(PREFIX, FOUND)
  for (const type of ['AAAA', 'A']) {
    answer(`${type} a.example`, { ok: false, code: 'ENOTFOUND', source: 'dns' })
  }
  answer('AAAA a.example.b.example', NODATA)
  answer('A a.example.b.example', good('192.0.2.1'))
  t.match(await both, [NODATA, { source: 'nat64' }])
})

t.test('a later answer is synthesised as the first one was', async t => {
  const { clock, ask, answer } = setUp({ nat64: '2001:db8:64::/96' })
  const updates: Answer[] = []
  const first = ask('A')
  await settled()
  answer('A a.example', good('192.0.2.1'))
  await first
  clock.advance(61_000)
  t.match(await ask('A', each => updates.push(each)), {
    source: 'nat64',
    origin: 'stale',
    refreshing: true,
  })
  answer('A a.example', good('192.0.2.2'))
  await settled()
  t.match(updates, [{ source: 'nat64', addresses: ['2001:db8:64::c000:202'] }])
  t.equal(updates.length, 1)
  t.notOk(updates[0]?.refreshing)
})

t.test("the C library's answers are synthesised as well", async t => {
  const { ask, asked, answer } = setUp({ mode: 'system' })
  const first = ask('A')
  await settled()
  t.same(asked(), [PREFIX, 'A a.example'])
  answer('A a.example', { ...good('192.0.2.1'), source: 'system' })
  answer(PREFIX, { ...FOUND, source: 'system' })
  t.match(await first, { source: 'nat64', origin: 'system' })
})

const BOTH: Families = { ipv4: true, ipv6: true }

const mixed = (...addresses: string[]): Answer => ({ ok: true, addresses, ttl: 60, source: 'dns' })

t.test('an IPv4 address among those of an IPv6 lookup is one where IPv4 is of use', async t => {
  const { host, ask, answer } = setUp()
  host.families = BOTH
  const asked = ask('AAAA')
  await Promise.resolve()
  await Promise.resolve()
  answer('AAAA a.example', mixed('2001:db8::1', '192.0.2.1'))
  t.match(await asked, { addresses: ['2001:db8::1', '192.0.2.1'] })
})

t.test('where IPv4 is switched off, or leads nowhere, it is dropped', async t => {
  const off = setUp({ records: ['AAAA'] })
  off.host.families = BOTH
  const asked = off.ask('AAAA')
  await Promise.resolve()
  await Promise.resolve()
  off.answer('AAAA a.example', mixed('192.0.2.1'))
  t.match(await asked, { ok: false, code: 'ENODATA', source: 'dns' })

  const without = setUp({ nat64: 'off' })
  const second = without.ask('AAAA')
  await Promise.resolve()
  await Promise.resolve()
  without.answer('AAAA a.example', mixed('192.0.2.1', '2001:db8::1'))
  t.match(await second, { addresses: ['2001:db8::1'] })
})

t.test('a NAT64 leads to it as to any other', async t => {
  const { ask, answer } = setUp({ nat64: '2001:db8:64::/96' })
  const asked = ask('AAAA')
  await Promise.resolve()
  await Promise.resolve()
  answer('AAAA a.example', mixed('198.18.0.1', '2001:db8::1'))
  t.match(await asked, { addresses: ['2001:db8::1', '2001:db8:64::c612:1'] })
})

t.test('no-aaaa of resolv.conf: IPv6 addresses are not asked for', async t => {
  const { host, ask, asked } = setUp({ noAaaa: true })
  host.families = BOTH
  t.match(await ask('AAAA'), { ok: false, code: 'ENODATA', source: 'none' })
  t.same(asked(), [])
})

const configOf = (
  servers: readonly string[],
  more: Partial<Omit<SystemConfig, 'servers'>> = {},
): SystemConfig => ({ ...NOTHING_CONFIGURED, servers: readServers(servers), ...more })

const setUpNetwork = () => {
  const host = {
    config: configOf(['192.0.2.53']) as SystemConfig | Promise<SystemConfig>,
    families: { ipv4: true, ipv6: true } as Families | Promise<Families>,
    epoch: 1,
  }
  let changes = 0
  const network = createNetworkState({
    config: () => host.config,
    families: () => host.families,
    epoch: () => host.epoch,
    onChange: () => changes++,
  })
  /** Looks, and says how often it was another network. */
  const look = async (): Promise<number> => {
    changes = 0
    await network.update()
    return changes
  }
  return { host, network, look }
}

t.test('what is known at once is there at once', async t => {
  const { network } = setUpNetwork()
  t.equal(network.update(), undefined)
  t.match(network.config().servers, [{ text: '192.0.2.53' }])
})

t.test('what has to be waited for is there after that', async t => {
  const { host, network } = setUpNetwork()
  host.families = Promise.resolve({ ipv4: false, ipv6: true })
  const looked = network.update()
  t.same(network.families(), { ipv4: true, ipv6: true })
  await looked
  t.same(network.families(), { ipv4: false, ipv6: true })
  host.config = Promise.resolve(configOf([], { search: ['a.example'], ndots: 2 }))
  await network.update()
  t.same(network.config(), configOf([], { search: ['a.example'], ndots: 2 }))
})

t.test(
  'it is another network by its servers and by the addresses of the host, not else',
  async t => {
    const { host, look } = setUpNetwork()
    await look()
    t.equal(await look(), 0)
    host.epoch = 2
    t.equal(await look(), 1)
    t.equal(await look(), 0)
    host.config = configOf(['192.0.2.54'])
    t.equal(await look(), 1)
    host.config = configOf(['192.0.2.54', '192.0.2.53'])
    t.equal(await look(), 1)
    host.config = configOf(['192.0.2.53', '192.0.2.54'])
    t.equal(await look(), 1, 'their order counts')
    host.config = configOf(['192.0.2.53', '192.0.2.54'], { search: ['a.example'], ndots: 5 })
    t.equal(await look(), 0)
    host.families = { ipv4: false, ipv6: true }
    t.equal(await look(), 0)
  },
)
