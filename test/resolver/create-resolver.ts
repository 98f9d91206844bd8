import t from 'tap'
import { createRequester, leave } from '../../src/core/requester.ts'
import { createResolver } from '../../src/resolver/create-resolver.ts'
import type { Answer, Families } from '../../src/resolver/types.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { createHandLookup } from '../fixtures/hand-lookup.ts'
import { testLookups } from '../fixtures/host-lookups.ts'
import { createMemoryFiles } from '../fixtures/memory-files.ts'
import { HOSTS, RESOLV_CONF, setUp } from '../fixtures/resolver.ts'
import { until } from '../fixtures/socket-pair.ts'

t.test('an IP literal sends no query', async t => {
  const { server, files, both } = await setUp(t, { script: { '*': { addresses: ['192.0.2.1'] } } })
  const none: Answer = { ok: false, code: 'ENODATA', source: 'literal' }
  const literal = (address: string): Answer => ({
    ok: true,
    addresses: [address],
    ttl: null,
    source: 'literal',
  })
  t.same(await both('192.0.2.7'), [none, literal('192.0.2.7')])
  t.same(await both('[2001:DB8::7]'), [literal('2001:db8::7'), none])
  t.same(await both('fe80::1%lo'), [literal('fe80::1%lo'), none])
  t.same(await both('::ffff:192.0.2.7'), [none, literal('192.0.2.7')])
  t.equal(server.queries.length, 0)
  t.equal(files.looks(), 0)
})

t.test('no query is sent for a name that cannot exist', async t => {
  const { server, both } = await setUp(t, { script: { '*': { addresses: ['192.0.2.1'] } } })
  const bad: Answer = { ok: false, code: 'ERR_INVALID_NAME', source: 'literal' }
  for (const host of ['', 'a\0b', '127.1', '0x7f.1', '2130706433', 'a b', 'a'.repeat(64)]) {
    t.same(await both(host), [bad, bad], JSON.stringify(host))
  }
  t.equal(server.queries.length, 0)
})

t.test('localhost never leaves the host, whatever files and servers say', async t => {
  const { server, both } = await setUp(t, {
    script: { '*': { addresses: ['192.0.2.66', '2001:db8::66'] } },
    files: { [HOSTS]: '192.0.2.66 localhost app.localhost' },
    hosts: { localhost: ['192.0.2.66'] },
  })
  for (const host of ['localhost', 'LOCALHOST.', 'App.LocalHost', 'a.b.localhost.']) {
    t.match(await both(host), [
      { addresses: ['::1'], source: 'hosts' },
      { addresses: ['127.0.0.1'], source: 'hosts' },
    ])
  }
  t.equal(server.queries.length, 0)
})

t.test('hosts of the configuration come before the file, the file before DNS', async t => {
  const { clock, files, server, both } = await setUp(t, {
    script: { '*': { addresses: ['192.0.2.3', '2001:db8::3'] } },
    hosts: { 'A.example': ['192.0.2.1'] },
    files: { [HOSTS]: '192.0.2.2 a.example b.example' },
  })
  const none: Answer = { ok: false, code: 'ENODATA', source: 'hosts' }
  t.match(await both('a.example.'), [none, { addresses: ['192.0.2.1'], source: 'hosts' }])
  t.match(await both('B.example'), [none, { addresses: ['192.0.2.2'], source: 'hosts' }])
  t.equal(server.queries.length, 0)
  t.match(await both('c.example'), [
    { addresses: ['2001:db8::3'], source: 'dns' },
    { addresses: ['192.0.2.3'], source: 'dns' },
  ])

  files.set(HOSTS, '2001:db8::2 c.example')
  clock.advance(1000)
  t.match(await both('c.example'), [{ addresses: ['2001:db8::2'], source: 'hosts' }, none])
  t.match(await both('b.example'), [{ source: 'dns' }, { source: 'dns' }])
})

t.test('50 at once to a cold name send one A and one AAAA query', async t => {
  const { server, both } = await setUp(t, {
    script: { '*': { addresses: ['192.0.2.1', '2001:db8::1'], delayMs: 20 } },
  })
  const answers = await Promise.all(Array.from({ length: 50 }, () => both('www.example.com')))
  for (const [v6, v4] of answers) t.ok(v6.ok && v4.ok)
  t.equal(server.count('www.example.com', 'A'), 1)
  t.equal(server.count('www.example.com', 'AAAA'), 1)
  t.equal(server.queries[0]?.type, 'AAAA', 'RFC 8305 section 3: AAAA first')
  await both('www.example.com')
  t.equal(server.queries.length, 2)
})

t.test('also with search domains, as Kubernetes writes them', async t => {
  const { server, both } = await setUp(t, {
    script: { 'db.svc.cluster.local': { addresses: ['192.0.2.1'], delayMs: 5 } },
    files: { [RESOLV_CONF]: 'search ns.svc.cluster.local svc.cluster.local\noptions ndots:5' },
  })
  const answers = await Promise.all(Array.from({ length: 50 }, () => both('db')))
  for (const pair of answers) {
    t.match(pair, [{ code: 'ENODATA' }, { ok: true, addresses: ['192.0.2.1'] }])
  }
  t.same(
    server.queries.map(({ name, type }) => `${type} ${name}`),
    [
      'AAAA db.ns.svc.cluster.local',
      'A db.ns.svc.cluster.local',
      'AAAA db.svc.cluster.local',
      'A db.svc.cluster.local',
    ],
  )
  t.match(await both('db'), [{ source: 'cache' }, { source: 'cache' }])
  t.match(await both('db.'), [{ code: 'ENOTFOUND' }, { code: 'ENOTFOUND' }], 'absolute')
  t.equal(server.queries.length, 6)
})

t.test("search and ndots of the options stand in place of the file's", async t => {
  const { server, lookup } = await setUp(t, {
    files: { [RESOLV_CONF]: 'search wrong.example' },
    search: ['right.example'],
    ndots: 2,
    script: { 'a.b.right.example': { addresses: ['192.0.2.1'] } },
  })
  t.match(await lookup('a.b', 'A'), { ok: true })
  t.same(new Set(server.queries.map(({ name }) => name)), new Set(['a.b.right.example']))
})

t.test('a dead A query does not delay a working AAAA, and the reverse', async t => {
  const { server, lookup } = await setUp(t, {
    search: ['example'],
    script: {
      'six.example AAAA': { addresses: ['2001:db8::1'] },
      'six.example A': { silent: true },
      'four.example A': { addresses: ['192.0.2.1'] },
      'four.example AAAA': { silent: true },
    },
  })
  for (const [name, works, dead] of [
    ['six', 'AAAA', 'A'],
    ['four', 'A', 'AAAA'],
  ] as const) {
    let settled = false
    void Promise.resolve(lookup(name, dead)).then(() => (settled = true))
    t.match(await lookup(name, works), { ok: true })
    t.equal(server.count(`${name}.example`, dead), 1)
    t.notOk(settled)
  }
})

t.test('NXDOMAIN, no data, SERVFAIL and timeout stay apart', async t => {
  const { clock, server, lookup } = await setUp(t, {
    script: {
      'missing.example': { rcode: 'NXDOMAIN', soa: 60 },
      'v6.example AAAA': { addresses: ['2001:db8::1'] },
      'servfail.example': { rcode: 'SERVFAIL' },
      'dead.example': { silent: true },
    },
  })
  t.match(await lookup('missing.example', 'A'), { code: 'ENOTFOUND', source: 'dns' })
  t.match(await lookup('v6.example', 'A'), { code: 'ENODATA', source: 'dns' })
  t.match(await lookup('servfail.example', 'A'), { code: 'ESERVFAIL', source: 'dns' })
  const dead = lookup('dead.example', 'A')
  await until('it has come so far', () => server.count('dead.example') === 1)
  clock.advance(2000)
  await until('it has come so far', () => server.count('dead.example') === 2)
  clock.advance(2000)
  t.match(await dead, { code: 'ETIMEDOUT', source: 'dns' })
  t.match(await lookup('missing.example', 'A'), { code: 'ENOTFOUND', source: 'cache' })
})

t.test('timeout and attempts', async t => {
  const { clock, server, lookup } = await setUp(t, {
    timeoutMs: 100,
    attempts: 1,
    script: { '*': { silent: true } },
  })
  const dead = lookup('dead.example', 'A')
  await until('it has come so far', () => server.queries.length === 1)
  clock.advance(100)
  t.match(await dead, { code: 'ETIMEDOUT' })
})

t.test('a lookup that nobody waits for still fills the cache', async t => {
  const { server, lookup } = await setUp(t, { script: { '*': { addresses: ['192.0.2.1'] } } })
  void lookup('a.example', 'A')
  await until('it has come so far', () => server.queries.length === 1)
  await lookup('b.example', 'A')
  t.match(await lookup('a.example', 'A'), { source: 'cache' })
  t.equal(server.count('a.example'), 1)
})

t.test('the cache obeys its options; undefined means the default', async t => {
  const { clock, server, lookup } = await setUp(t, {
    cache: { maxTtlMs: 1000, staleWhileRevalidateMs: 0, minTtlMs: undefined },
    script: { '*': { addresses: ['192.0.2.1'] } },
  })
  t.match(await lookup('a.example', 'A'), { ttl: 1 })
  clock.advance(999)
  t.match(await lookup('a.example', 'A'), { ttl: 0, source: 'cache' })
  clock.advance(1)
  t.match(await lookup('a.example', 'A'), { source: 'dns' })
  t.equal(server.queries.length, 2)
})

t.test('a family that is off is not looked up', async t => {
  for (const [off, record, other] of [
    ['ipv6', 'AAAA', 'A'],
    ['ipv4', 'A', 'AAAA'],
  ] as const) {
    const { server, lookup } = await setUp(t, {
      [off]: false,
      hosts: { 'h.example': ['192.0.2.1', '2001:db8::1'] },
      search: ['example'],
      script: { 'a.example': { addresses: ['192.0.2.1', '2001:db8::1'] } },
    })
    t.match(await lookup('a', record), { code: 'ENODATA', source: 'none' })
    t.match(await lookup('a', other), { ok: true })
    t.same(
      server.queries.map(({ type }) => type),
      [other],
    )
    t.match(await lookup('h.example', record), { code: 'ENODATA', source: 'none' })
    t.match(await lookup('h.example', other), { ok: true })
    t.match(await lookup('localhost', record), { code: 'ENODATA', source: 'none' })
    t.match(await lookup(off === 'ipv6' ? '2001:db8::1' : '192.0.2.1', record), {
      code: 'ENODATA',
      source: 'literal',
    })
    t.match(await lookup('a b', record), { code: 'ERR_INVALID_NAME' })
  }
})

t.test('options that make no sense', async t => {
  const deps = { ...testLookups(), clock: createHandClock() }
  t.throws(() => createResolver({ ipv4: false, ipv6: false }, deps), { code: 'ERR_INVALID_ARG' })
  t.throws(() => createResolver({ servers: ['x'] }, deps), { code: 'ERR_INVALID_ADDRESS' })
  t.throws(() => createResolver({ hosts: { a: ['x'] } }, deps), { code: 'ERR_INVALID_ADDRESS' })
})

t.test('the servers of the system, which may change', async t => {
  const old = await createDnsServer({ '*': { addresses: ['192.0.2.1'] } })
  t.teardown(old.close)
  let systemServers = [old.address]
  const { clock, files, server, lookup } = await setUp(t, {
    servers: [],
    files: { [RESOLV_CONF]: '' },
    script: { '*': { addresses: ['192.0.2.2'] } },
    deps: { systemServers: () => systemServers },
  })
  t.match(await lookup('a.example', 'A'), { addresses: ['192.0.2.1'] })
  systemServers = [server.address]
  files.set(RESOLV_CONF, '# another network')
  clock.advance(1000)
  t.match(await lookup('b.example', 'A'), { addresses: ['192.0.2.2'] })
})

t.test('mode system asks the C library, after hosts', async t => {
  const asked: string[] = []
  const { server, files, both } = await setUp(t, {
    mode: 'system',
    files: { [HOSTS]: '192.0.2.9 h.example', [RESOLV_CONF]: 'search wrong.example' },
    deps: {
      openSystemLookup: () =>
        createHandLookup((name, family) => {
          asked.push(`${family} ${name}`)
          return family === 4 && name.startsWith('printer') ? ['192.0.2.1'] : 'ENOTFOUND'
        }),
    },
  })
  const expected: Answer[] = [
    { ok: false, code: 'ENOTFOUND', source: 'system' },
    { ok: true, addresses: ['192.0.2.1'], ttl: null, source: 'system' },
  ]
  t.same(await Promise.all([both('printer.local'), both('printer.local')]), [expected, expected])
  t.same(asked, ['6 printer.local.', '4 printer.local.'], 'so that it puts no domain behind it')
  t.same(await both('printer.local'), expected, 'not cached')
  t.equal(asked.length, 4)
  await both('abs.example.')
  t.same(asked.slice(4), ['6 abs.example.', '4 abs.example.'])
  t.match(await both('h.example'), [{ source: 'hosts' }, { source: 'hosts' }])
  t.equal(asked.length, 6)
  t.equal(server.queries.length, 0)

  asked.length = 0
  t.match((await both('printer'))[1], { fullName: 'printer.wrong.example' })
  t.same(asked, ['6 printer.wrong.example.', '4 printer.wrong.example.'])
  await both('nas')
  const tried = ['nas.wrong.example.', 'nas.', 'nas']
  t.same(
    asked.slice(2),
    tried.flatMap(name => [`6 ${name}`, `4 ${name}`]),
  )
  t.ok(files.looks() > 0)
})

t.test('mode system: what the C library found by itself may be any of the names', async t => {
  const { lookup } = await setUp(t, {
    mode: 'system',
    search: ['given.example'],
    files: { [RESOLV_CONF]: 'search a.example b.example' },
    deps: {
      openSystemLookup: () =>
        createHandLookup(name => (name.endsWith('.') ? 'ENOTFOUND' : ['192.0.2.1'])),
    },
  })
  const possibleNames = ['nas.a.example', 'nas.b.example']
  const found = { ok: true, addresses: ['192.0.2.1'], ttl: null, source: 'system' }
  t.same(await lookup('nas', 'A'), { ...found, possibleNames })
})

t.test("mode system: the domain of this host's name is a search domain", async t => {
  const { lookup, resolver } = await setUp(t, {
    mode: 'system',
    deps: {
      hostname: () => 'box.corp.example',
      openSystemLookup: () => createHandLookup(() => ['192.0.2.1']),
    },
  })
  t.match(await lookup('nas', 'A'), { fullName: 'nas.corp.example' })
  t.same(resolver.fullNames('db'), ['db.corp.example'])
})

t.test('mode system: a lookup has the time that resolv.conf gives the C library', async t => {
  const library = createHandLookup()
  const { clock, files, lookup } = await setUp(t, {
    mode: 'system',
    files: { [RESOLV_CONF]: 'nameserver 192.0.2.1\nnameserver 192.0.2.2' },
    deps: { openSystemLookup: () => library },
  })
  const isOver = async (answer: Promise<Answer> | Answer): Promise<boolean> => {
    const nothing = new Promise(resolve => void setImmediate(resolve))
    return (await Promise.race([answer, nothing])) !== undefined
  }
  const first = lookup('a.example.', 'A')
  await until('it is asked', () => library.open().length === 1)
  // glibc asks the second server after 5 s, and gives up after 20 s.
  clock.advance(20_000)
  t.equal(await isOver(first), false)
  library.answer('4 a.example.', ['192.0.2.7'])
  t.match(await first, { ok: true })

  files.set(RESOLV_CONF, 'nameserver 192.0.2.1\noptions timeout:1 attempts:3')
  const second = lookup('b.example.', 'A')
  await until('it is asked', () => library.open().length === 1)
  clock.advance(3000)
  t.equal(await isOver(second), false)
  clock.advance(300)
  t.match(await second, { code: 'ETIMEDOUT' })
})

t.test(
  'mode system: other servers in resolv.conf are another network, whatever is given',
  async t => {
    const { clock, files, lookup } = await setUp(t, {
      mode: 'system',
      servers: ['192.0.2.9'],
      cache: { minTtlMs: 60_000 },
      files: { [RESOLV_CONF]: 'nameserver 192.0.2.1' },
      deps: { openSystemLookup: () => createHandLookup(() => ['192.0.2.7']) },
    })
    t.match(await lookup('a.example', 'A'), { source: 'system' })
    clock.advance(1000)
    t.match(await lookup('a.example', 'A'), { source: 'cache' })
    files.set(RESOLV_CONF, 'nameserver 192.0.2.2')
    clock.advance(1000)
    t.match(await lookup('a.example', 'A'), { source: 'system' })
  },
)

t.test('the names that a host may stand for are known with the search domains', async t => {
  const { lookup, resolver } = await setUp(t, {
    files: { [RESOLV_CONF]: 'search a.example .' },
    script: { 'db.a.example A': { addresses: ['192.0.2.1'], ttl: 1 } },
  })
  t.equal(resolver.fullNames('db'), null)
  t.match(await lookup('db', 'A'), { source: 'dns', fullName: 'db.a.example' })
  t.match(await lookup('DB', 'A'), { source: 'cache', fullName: 'db.a.example' })
  t.same(resolver.fullNames('DB'), ['db.a.example'])
  t.same(resolver.fullNames('db.'), [], 'it is complete')
  t.same(resolver.fullNames('192.0.2.1'), [], 'it is an address')
  t.notHas(await lookup('db.a.example', 'A'), { fullName: 'db.a.example' }, 'the name asked for')
  t.notHas(await lookup('db.a.example.', 'A'), { fullName: 'db.a.example' })
})

t.test('close answers all who wait, and all who come', async t => {
  const cancelled = { ok: false, code: 'ECANCELLED' }
  const { clock, server, resolver, both } = await setUp(t, {
    search: ['example'],
    script: { '*': { silent: true } },
  })
  const waiting = both('a')
  await until('it has come so far', () => server.queries.length === 2)
  const early = both('b')
  resolver.close()
  t.match(await waiting, [cancelled, cancelled])
  t.match(await early, [cancelled, cancelled])
  t.match(await both('c.example'), [cancelled, cancelled])
  t.equal(clock.pending(), 0)

  let asked = 0
  const openSystemLookup = () => createHandLookup(() => void asked++)
  const system = await setUp(t, { mode: 'system', deps: { openSystemLookup } })
  const never = system.both('a.example')
  await until('it has come so far', () => asked === 2)
  system.clock.advance(1000)
  const cold = system.both('b.example')
  system.resolver.close()
  t.match(await never, [cancelled, cancelled])
  t.match(await cold, [cancelled, cancelled])
})

t.test('a family without connectivity is not asked for', async t => {
  let families: Families = { ipv4: true, ipv6: false }
  const script = { '*': { addresses: ['192.0.2.1'] }, '* AAAA': { addresses: ['2001:db8::1'] } }
  const { server, both } = await setUp(t, {
    script,
    files: { [HOSTS]: '2001:db8::7 listed.example' },
    hosts: { 'static.example': ['2001:db8::8'] },
    search: ['a.example'],
    deps: { families: async () => families },
  })
  t.match(await both('one.example'), [
    { ok: false, code: 'ENODATA', source: 'none' },
    { ok: true, addresses: ['192.0.2.1'] },
  ])
  t.match(await both('short'), [{ code: 'ENODATA' }, { addresses: ['192.0.2.1'] }])
  t.equal(server.queries.length, 2)
  t.match(await both('localhost'), [{ addresses: ['::1'] }, { addresses: ['127.0.0.1'] }])
  t.match(await both('listed.example'), [{ addresses: ['2001:db8::7'] }, { ok: false }])
  t.match(await both('static.example'), [{ addresses: ['2001:db8::8'] }, { ok: false }])
  families = { ipv4: true, ipv6: true }
  t.match(await both('one.example'), [{ addresses: ['2001:db8::1'] }, { ok: true }])
})

t.test('a stale answer is served at once; an update brings the new one', async t => {
  const { clock, server, lookup } = await setUp(t, {
    script: { '*': { addresses: ['192.0.2.1'], ttl: 10 } },
  })
  await lookup('a.example', 'A')
  clock.advance(11_000)
  server.set('*', { addresses: ['192.0.2.2'], delayMs: 10 })
  const events: string[] = []
  const update = new Promise<Answer>(resolve => {
    const answered = lookup('a.example', 'A', answer => {
      events.push('update')
      resolve(answer)
    })
    void Promise.resolve(answered).then(answer => events.push(answer.source))
  })
  t.match(await update, { addresses: ['192.0.2.2'], source: 'dns' })
  t.same(events, ['stale', 'update'])
  t.equal(server.queries.length, 2)
})

t.test('who waits for a refresh gets an update in any case, also where it fails', async t => {
  const { clock, server, resolver, lookup } = await setUp(t, {
    script: { '*': { addresses: ['192.0.2.1'], ttl: 10 } },
    cache: { failureTtlMs: 5000 },
  })
  await lookup('a.example', 'A')
  clock.advance(11_000)
  server.set('*', { rcode: 'SERVFAIL' })
  const next = (): Promise<[Answer, Answer]> =>
    new Promise(resolve => {
      const answered = lookup('a.example', 'A', update => {
        void Promise.resolve(answered).then(answer => resolve([answer, update]))
      })
    })
  const stale = { ok: true, addresses: ['192.0.2.1'], source: 'stale' } as const
  const [answer, update] = await next()
  t.match(answer, { ...stale, refreshing: true })
  t.match(update, stale)
  t.notOk(update.refreshing, 'nothing is to come any more')

  const again = await lookup('a.example', 'A', () => t.fail('there is no refresh'))
  t.match(again, stale)
  t.notOk(again.refreshing, 'it has just failed')
  clock.advance(6000)
  server.set('*', { silent: true })
  const waiting = next()
  await until('it has come so far', () => server.queries.length === 3)
  resolver.close()
  t.match(await waiting, [{ ...stale, refreshing: true }, stale], 'nor if the resolver is closed')
})

t.test('the same with search domains', async t => {
  const { clock, server, lookup } = await setUp(t, {
    search: ['one.example', 'two.example'],
    script: { 'db.two.example A': { addresses: ['192.0.2.1'], ttl: 60 } },
    cache: { negativeTtlMs: 3_600_000 },
  })
  await lookup('db', 'A')
  clock.advance(61_000)
  server.set('db.two.example A', { addresses: ['192.0.2.2'] })
  const update = await new Promise<Answer>(resolve => void lookup('db', 'A', resolve))
  t.match(update, { addresses: ['192.0.2.2'] })
})

t.test('an update never comes before the answer, however fast its server is', async t => {
  let address = '192.0.2.1'
  const { clock, lookup } = await setUp(t, {
    mode: 'system',
    cache: { minTtlMs: 1000 },
    deps: { openSystemLookup: () => createHandLookup(() => [address]) },
  })
  await lookup('a.example', 'A')
  clock.advance(1500)
  address = '192.0.2.2'
  const events: string[] = []
  await new Promise<void>(resolve => {
    const answered = lookup('a.example', 'A', () => {
      events.push('update')
      resolve()
    })
    void Promise.resolve(answered).then(() => events.push('answer'))
  })
  t.same(events, ['answer', 'update'])
})

t.test('when the network changes, what it said is forgotten', async t => {
  let epoch = 1
  const { clock, server, lookup } = await setUp(t, {
    script: { '*': { addresses: ['192.0.2.1'] }, 'slow.example': { silent: true } },
    deps: { epoch: () => epoch },
  })
  t.match(await lookup('a.example', 'A'), { source: 'dns' })
  t.match(await lookup('none.example', 'AAAA'), { code: 'ENODATA', source: 'dns' })
  t.match(await lookup('a.example', 'A'), { source: 'cache' })
  const slow = lookup('slow.example', 'A')
  await until('it has come so far', () => server.count('slow.example') === 1)
  server.set('*', { addresses: ['198.51.100.1', '2001:db8::1'] })
  epoch = 2
  t.match(await lookup('a.example', 'A'), { addresses: ['198.51.100.1'], source: 'dns' })
  t.match(await lookup('none.example', 'AAAA'), { ok: true }, 'also that there was no address')
  server.set('slow.example', { addresses: ['198.51.100.2'] })
  clock.advance(2000)
  t.match(await slow, { addresses: ['198.51.100.2'] }, 'a lookup under way goes on')
  t.match(await lookup('slow.example', 'A'), { source: 'dns' }, 'for nobody else')
})

t.test(
  'so it is where the servers of the system change, and none is blamed any longer',
  async t => {
    const dead = await createDnsServer({ '*': { silent: true } })
    const other = await createDnsServer({ '*': { addresses: ['192.0.2.2'] } })
    t.teardown(() => Promise.all([dead.close(), other.close()]))
    let systemServers: string[] = []
    const { clock, files, server, lookup } = await setUp(t, {
      servers: [],
      files: { [RESOLV_CONF]: '' },
      script: { '*': { addresses: ['192.0.2.1'] } },
      deps: { systemServers: () => systemServers },
    })
    systemServers = [dead.address, server.address]
    const first = lookup('a.example', 'A')
    await until('it has come so far', () => dead.queries.length === 1)
    clock.advance(2000)
    t.match(await first, { addresses: ['192.0.2.1'] })
    t.match(await lookup('b.example', 'A'), { addresses: ['192.0.2.1'] })
    t.equal(dead.queries.length, 1)

    files.set(RESOLV_CONF, 'search x.example')
    clock.advance(1000)
    t.match(await lookup('a.example.', 'A'), { source: 'cache' }, 'the same servers')

    systemServers = [other.address]
    files.set(RESOLV_CONF, '# another network')
    clock.advance(1000)
    t.match(await lookup('a.example.', 'A'), { addresses: ['192.0.2.2'], source: 'dns' })

    dead.set('*', { addresses: ['192.0.2.3'] })
    systemServers = [dead.address, server.address]
    files.set(RESOLV_CONF, '# and back')
    clock.advance(1000)
    t.match(
      await lookup('a.example.', 'A'),
      { addresses: ['192.0.2.3'] },
      'it is asked first again',
    )
  },
)

t.test('mode system: a name that hung is asked for again in another network', async t => {
  let epoch = 1
  const library = createHandLookup()
  const { clock, lookup } = await setUp(t, {
    mode: 'system',
    timeoutMs: 1000,
    attempts: 1,
    cache: { failureTtlMs: 0 },
    deps: { epoch: () => epoch, openSystemLookup: () => library },
  })
  const hung = lookup('a.example.', 'A')
  await until('it is asked', () => library.open().length === 1)
  clock.advance(30_000)
  t.match(await hung, { code: 'ETIMEDOUT' })
  t.match(await lookup('a.example.', 'A'), { code: 'ETIMEDOUT' }, 'at once')
  t.equal(library.open().length, 1)
  epoch = 2
  const again = lookup('a.example.', 'A')
  await until('it is asked again', () => library.open().length === 1 && library.renewals() === 1)
  library.answer('4 a.example.', ['192.0.2.1'])
  t.match(await again, { ok: true })
})

t.test('who has left before anything could be asked costs no query', async t => {
  const { server, lookup } = await setUp(t, {
    files: { [HOSTS]: '' },
    script: { '*': { addresses: ['192.0.2.1'] } },
  })
  const requester = createRequester('192.0.2.7')
  const asked = lookup('a.example', 'A', undefined, requester)
  leave(requester)
  t.match(await asked, { code: 'ECANCELLED' })
  t.match(await lookup('b.example', 'A'), { ok: true })
  t.equal(server.count('a.example'), 0)
})

t.test('a query in flight goes on for the cache when its requester has left', async t => {
  const { server, lookup } = await setUp(t, {
    search: ['example'],
    script: { '*': { addresses: ['192.0.2.1'], delayMs: 20 } },
  })
  const requester = createRequester('192.0.2.7')
  void lookup('a', 'A', undefined, requester)
  await until('it is asked', () => server.count('a.example') === 2)
  leave(requester)
  t.equal(requester.abandoned, 1, 'a search that is still in progress')
  await until('both are answered', () => requester.abandoned === 0)
  t.match(await lookup('a', 'A'), { source: 'cache' })
  t.equal(server.count('a.example'), 2)
})

t.test('of a hosts file that is too long, what is read counts, and that is reported', async t => {
  const cuts: string[] = []
  const files = createMemoryFiles({ [RESOLV_CONF]: '' })
  const piece = Buffer.alloc(1024 * 1024, '#')
  const { lookup } = await setUp(t, {
    deps: {
      files: {
        ...files,
        version: async path => (path === HOSTS ? 'one' : files.version(path)),
        read: async function* (path, maxBytes) {
          if (path !== HOSTS) {
            yield* files.read(path, maxBytes)
            return
          }
          yield Buffer.from('192.0.2.9 early.example\n')
          for (let left = maxBytes; left > 0; left -= piece.length) yield piece
        },
      },
      onHostsCut: (path, maxBytes) => cuts.push(`${path} ${maxBytes}`),
    },
  })
  t.match(await lookup('early.example', 'A'), { addresses: ['192.0.2.9'], source: 'hosts' })
  t.same(cuts, ['/etc/hosts 67108864'])
})

t.test('a NAT64 prefix that makes no sense', async t => {
  t.throws(
    () =>
      createResolver({ nat64: '2001:db8::/80' }, { ...testLookups(), clock: createHandClock() }),
    {
      code: 'ERR_INVALID_ADDRESS',
      message: /allowed: auto, off, or an IPv6 prefix/,
    },
  )
})
