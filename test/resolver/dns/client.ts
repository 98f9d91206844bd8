import { randomInt } from 'node:crypto'
import t from 'tap'
import type { Test } from 'tap'
import { createRealClock } from '../../../src/net/host/real-clock.ts'
import { createOpenMessageStream } from '../../../src/net/node/open-message-stream.ts'
import { createOpenUdp } from '../../../src/net/node/open-udp.ts'
import { createDnsClient, createDnsSource } from '../../../src/resolver/dns/client.ts'
import type { DnsSettings } from '../../../src/resolver/dns/client.ts'
import { readServers } from '../../../src/resolver/dns/servers.ts'
import { createQueryLoad, createSocketBudget } from '../../../src/resolver/query-load.ts'
import { NOTHING_CONFIGURED } from '../../../src/resolver/system-config.ts'
import type { Answer } from '../../../src/resolver/types.ts'
import { encodeResponse, parseQuestion } from '../../fixtures/dns-message.ts'
import { createDnsServer } from '../../fixtures/dns-server.ts'
import type { DnsScript } from '../../fixtures/dns-server.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { createHandServers } from '../../fixtures/hand-servers.ts'
import { createHandSockets } from '../../fixtures/hand-sockets.ts'

const CANCELLED: Answer = { ok: false, code: 'ECANCELLED', source: 'dns' }
const CONTROL = { isWanted: () => true, keepSlot: () => () => {} }

t.test('a silent server costs its first query only, and comes back by a probe', async t => {
  const { clock, query, answer, got, asked, open } = createHandServers(['s1', 's2'])
  query()
  clock.advance(2000)
  answer('s2')
  for (let i = 0; i < 10; i++) {
    query(`b${i}.example`)
    answer('s2')
  }
  t.equal(got.length, 11)
  t.same(
    asked().filter(text => text.startsWith('s1')),
    ['s1 a.example'],
  )

  clock.advance(5000)
  query('c.example')
  t.same(asked().slice(-2), ['s2 c.example', 's1 c.example'], 'one query more, beside the other')
  answer('s2')
  t.equal(got.length, 12, 'nobody waits for the probe')
  clock.advance(2000)
  t.equal(clock.pending(), 0)
  t.same(open(), [])

  clock.advance(5000)
  query('d.example')
  answer('s1', { rcode: 'SERVFAIL' })
  t.equal(got.length, 12, "the answer to a probe is nobody's")
  answer('s2')
  query('e.example')
  t.equal(asked().at(-1), 's1 e.example', 'it answers again, so it is the first again')
})

t.test('by TCP alone a silent server comes back as well', async t => {
  const { clock, query, answer, got, asked, open } = createHandServers(['s1', 's2'], {
    useTcp: true,
  })
  query()
  clock.advance(2000)
  answer('s2')
  clock.advance(5000)
  query('b.example')
  answer('s2')
  answer('s1')
  t.equal(got.length, 2, "the answer to a probe is nobody's")
  query('c.example')
  t.ok(asked().includes('s1 c.example'), 'it is the first again')
  answer('s1')
  t.equal(got.length, 3)
  t.same(open(), ['s2', 's1'], 'both are idle')
  t.equal(clock.pending(), 0)
})

t.test('a probe by TCP gives its socket to a query, and its dead connection up', async t => {
  const { clock, query, answer, got, open, sockets } = createHandServers(['s1', 's2'], {
    useTcp: true,
    max: 2,
  })
  query()
  clock.advance(2000)
  answer('s2')
  clock.advance(5000)
  query('b.example')
  answer('s2')
  t.same(open(), ['s2', 's1'])
  clock.advance(2000)
  t.same(open(), ['s2'])
  clock.advance(5000)
  query('c.example')
  t.same(open(), ['s2', 's1'], 'another connection')
  const other = sockets.take()
  t.same(open(), ['s2'])
  other.free()
  answer('s2')
  t.equal(got.length, 3)
})

t.test('a probe takes no socket from a query', async t => {
  const { clock, query, answer, asked, got } = createHandServers(['s1', 's2'], { max: 1 })
  query()
  clock.advance(2000)
  answer('s2')
  clock.advance(5000)
  query('b.example')
  t.equal(asked().at(-1), 's2 b.example', 'there is no room for one')
  answer('s2')
  t.equal(got.length, 2)
})

t.test('close ends queries and probes', async t => {
  const { clock, client, query, got, open, answer, asked } = createHandServers(['s1', 's2'])
  query()
  clock.advance(2000)
  answer('s2')
  clock.advance(5000)
  query('b.example')
  query('c.example')
  client.close()
  t.same(got.slice(1), [CANCELLED, CANCELLED])
  t.same(open(), [])
  t.equal(clock.pending(), 0)
  const before = asked().length
  const giveUp = query('d.example')
  t.same(got.at(-1), CANCELLED)
  t.equal(asked().length, before)
  giveUp()
  t.equal(got.length, 4, 'it was over already')
})

t.test('a query that is given up says nothing more', async t => {
  const { clock, query, got, open, client } = createHandServers(['s1', 's2'])
  const giveUp = query()
  giveUp()
  giveUp()
  t.same(open(), [])
  t.equal(clock.pending(), 0)
  client.close()
  t.same(got, [])
})

t.test('in another network a silent server is asked first again', async t => {
  const { clock, client, query, answer, asked } = createHandServers(['s1', 's2'])
  query()
  clock.advance(2000)
  answer('s2')
  query('b.example')
  t.equal(asked().at(-1), 's2 b.example')
  answer('s2')
  query('c.example')
  client.forget()
  query('d.example')
  t.equal(asked().at(-1), 's1 d.example')
  answer('s1')
  answer('s2')
  t.equal(clock.pending(), 0, 'those under way went on')
})

t.test('by TCP, a connection that leads nowhere is left after its first timeout', async t => {
  const { clock, query, got, streams, open, sockets } = createHandServers(['s1'], {
    useTcp: true,
    attempts: 1,
  })
  for (const name of ['a.example', 'b.example', 'c.example']) {
    query(name)
    clock.advance(2000)
  }
  t.match(got, [{ code: 'ETIMEDOUT' }, { code: 'ETIMEDOUT' }, { code: 'ETIMEDOUT' }])
  t.equal(streams.length, 3)
  t.same(open(), [])
  t.equal(sockets.open(), 0)
})

t.test('so it is with one that was opened for a truncated answer', async t => {
  const { clock, query, udp, streams, answer, got } = createHandServers(['s1'], { attempts: 1 })
  const truncate = (): void => {
    const socket = udp.at(-1)
    const message = socket?.sent.at(-1)
    if (!message) throw new Error('nothing was asked')
    socket?.events.message(encodeResponse(parseQuestion(message), 'NOERROR', [], true))
  }
  query()
  truncate()
  answer('s1')
  t.match(got, [{ ok: true }])
  query('b.example')
  truncate()
  clock.advance(2000)
  t.match(got[1], { code: 'ETIMEDOUT' })
  t.same(
    streams.map(({ sent, closed }) => [sent.length, closed]),
    [[2, true]],
  )
  query('c.example')
  truncate()
  answer('s1')
  t.match(got[2], { ok: true })
  t.equal(streams.length, 2)
})

t.test('in another network no idle connection is used', async t => {
  const { client, query, answer, streams } = createHandServers(['s1'], { useTcp: true })
  query()
  answer('s1')
  client.forget()
  query('b.example')
  t.same(
    streams.map(({ closed }) => closed),
    [true, false],
  )
})

t.test('rotate: each query begins with the next server', async t => {
  const { query, asked } = createHandServers(['s1', 's2', 's3'], { rotate: true })
  for (const name of ['a', 'b', 'c', 'd']) query(`${name}.example`)
  t.same(asked(), ['s1 a.example', 's2 b.example', 's3 c.example', 's1 d.example'])
})

/** A client of real servers. */
const realClient = (
  t: Test,
  servers: readonly string[],
  {
    max = 64,
    uses = () => true,
    ...options
  }: Partial<Omit<DnsSettings, 'servers'>> & {
    max?: number
    uses?: (family: 4 | 6) => boolean
  } = {},
) => {
  const sockets = createSocketBudget(max)
  const client = createDnsClient({
    settings: () => ({
      servers: readServers(servers),
      timeoutMs: 5000,
      attempts: 2,
      rotate: false,
      useTcp: false,
      ...options,
    }),
    clock: createRealClock(),
    transport: {
      openUdp: createOpenUdp(() => true),
      openStream: createOpenMessageStream(() => true),
      randomId: () => randomInt(65_536),
      uses,
    },
    sockets,
  })
  t.teardown(client.close)
  const ask = (name: string, record: 'A' | 'AAAA' = 'A') =>
    new Promise<Answer>(resolve => client.query(name, record, resolve, CONTROL))
  return { ask, sockets }
}

const serve = async (
  t: Test,
  script: DnsScript,
  options: Parameters<typeof createDnsServer>[1] = {},
) => {
  const server = await createDnsServer(script, options)
  t.teardown(server.close)
  return server
}

t.test('servers of a family that is not used are not asked', async t => {
  const script = { 'www.example.com A': { addresses: ['192.0.2.1'] } }
  const [four, six] = [await serve(t, script), await serve(t, script, { address: '::1' })]
  const servers = [four.address, six.address]
  const only6 = realClient(t, servers, { uses: family => family === 6 })
  t.match(await only6.ask('www.example.com'), { ok: true })
  t.same([four.queries.length, six.queries.length], [0, 1])
  const none = realClient(t, [four.address], { uses: family => family === 6 })
  t.match(await none.ask('www.example.com'), { ok: false, code: 'ECONNREFUSED' })
  t.equal(four.queries.length, 0)
})

t.test('answers of each kind', async t => {
  const server = await serve(t, {
    'www.example.com A': { addresses: ['192.0.2.2', '192.0.2.1', '192.0.2.2'], ttl: 77 },
    'www.example.com AAAA': { addresses: ['2001:db8:0:0::1', '::ffff:192.0.2.9'] },
    'alias.example A': { cname: ['one.example', 'two.example'], addresses: ['192.0.2.1'], ttl: 5 },
    'half.example A': { cname: 'whole.example', partial: true, ttl: 5 },
    'whole.example A': { addresses: ['192.0.2.7'] },
    '_under_score.example A': { addresses: ['192.0.2.1'] },
    'v4only.example A': { addresses: ['192.0.2.1'] },
    'none.example AAAA': { soa: 7 },
    'cname.example': { cname: 'nothing.example', soa: 9 },
    'dangling.example': { cname: 'nothing.example', rcode: 'NXDOMAIN' },
    'servfail.example': { rcode: 'SERVFAIL' },
    'refused.example': { rcode: 'REFUSED' },
    'formerr.example': { rcode: 'FORMERR' },
    'notimp.example': { rcode: 'NOTIMP' },
  })
  const { ask, sockets } = realClient(t, [server.address])
  t.same(await ask('www.example.com'), {
    ok: true,
    addresses: ['192.0.2.2', '192.0.2.1'],
    ttl: 77,
    source: 'dns',
  })
  t.match(await ask('www.example.com', 'AAAA'), { addresses: ['2001:db8::1', '192.0.2.9'] })
  t.match(await ask('alias.example'), { ok: true, addresses: ['192.0.2.1'], ttl: 5 })
  t.match(await ask('half.example'), { ok: true, addresses: ['192.0.2.7'], ttl: 5 })
  t.match(await ask('_under_score.example'), { ok: true })
  const codes = {
    'missing.example': 'ENOTFOUND',
    'v4only.example': 'ENODATA',
    'cname.example': 'ENODATA',
    'dangling.example': 'ENOTFOUND',
    'servfail.example': 'ESERVFAIL',
    'refused.example': 'EREFUSED',
    'formerr.example': 'EFORMERR',
    'notimp.example': 'ENOTIMP',
  }
  for (const [name, code] of Object.entries(codes)) t.match(await ask(name, 'AAAA'), { code }, name)
  t.match(await ask('none.example', 'AAAA'), { code: 'ENODATA', ttl: 7 })
  t.equal(server.count('servfail.example'), 1, 'a server is asked once')
  t.equal(sockets.open(), 0)
})

t.test('with real servers, the first of them silent', async t => {
  const dead = await serve(t, { '*': { silent: true } })
  const alive = await serve(t, { '*': { addresses: ['192.0.2.1', '2001:db8::1'] } })
  const { ask } = realClient(t, [dead.address, alive.address], { timeoutMs: 200 })
  const both = (name: string) => Promise.all([ask(name, 'AAAA'), ask(name)])
  t.match(await both('a.example'), [{ addresses: ['2001:db8::1'] }, { addresses: ['192.0.2.1'] }])
  for (let i = 0; i < 10; i++) t.match(await both(`b${i}.example`), [{ ok: true }, { ok: true }])
  t.equal(alive.queries.length, 22)
  t.equal(dead.queries.filter(({ name }) => name === 'a.example').length, 2)
})

t.test('what is lost on its way is asked again', async t => {
  const server = await serve(t, { 'lossy.example A': { addresses: ['192.0.2.1'], lost: 1 } })
  const { ask } = realClient(t, [server.address], { timeoutMs: 100 })
  t.match(await ask('lossy.example'), { ok: true })
  t.equal(new Set(server.queries.map(({ port }) => port)).size, 1, 'from one port')
})

t.test('forged answers are ignored, and the right one counts', async t => {
  const noise = ['garbage', 'id', 'question', 'query', 'address', 'port'] as const
  const server = await serve(t, {
    'forged.example A': { addresses: ['192.0.2.1'], noise, delayMs: 50 },
  })
  const { ask } = realClient(t, [server.address])
  t.match(await ask('forged.example'), { ok: true, addresses: ['192.0.2.1'] })
  t.equal(server.queries.length, 1)
})

t.test('servers that do not understand EDNS', async t => {
  for (const edns of ['formerr', 'bare-formerr', 'notimp', 'badvers', 'drop'] as const) {
    const server = await serve(t, { '*': { addresses: ['192.0.2.1'] } }, { edns })
    const { ask } = realClient(t, [server.address], { timeoutMs: 300 })
    t.match(await ask('a.example'), { ok: true, addresses: ['192.0.2.1'] }, edns)
    t.match(await ask('b.example'), { ok: true })
    t.same(
      server.queries.map(query => query.edns),
      [true, false, false],
      `${edns}: it is remembered`,
    )
  }
})

t.test('a truncated answer comes whole by TCP, all of them on one connection', async t => {
  const addresses = Array.from({ length: 60 }, (_, i) => `2001:db8::${(i + 1).toString(16)}`)
  const server = await serve(t, { '*': { addresses, ttl: 9 } })
  const { ask, sockets } = realClient(t, [server.address])
  const names = ['a.example', 'b.example', 'c.example']
  for (const answer of await Promise.all(names.map(name => ask(name, 'AAAA')))) {
    t.match(answer, { ok: true, addresses, ttl: 9 })
  }
  const byTcp = server.queries.filter(({ transport }) => transport === 'tcp')
  t.equal(byTcp.length, 3)
  t.equal(new Set(byTcp.map(({ port }) => port)).size, 1)
  t.equal(sockets.open(), 1, 'kept for the next query')
})

t.test('where a server truncates and refuses TCP, the next one is asked', async t => {
  const addresses = Array.from({ length: 60 }, (_, i) => `2001:db8::${(i + 1).toString(16)}`)
  const lame = await serve(t, { '*': { addresses } }, { hasTcp: false })
  const whole = await serve(t, { '*': { addresses } })
  const { ask } = realClient(t, [lame.address, whole.address])
  t.match(await ask('big.example', 'AAAA'), { ok: true, addresses })
  t.same(
    [lame, whole].map(({ queries }) => queries.map(({ transport }) => transport)),
    [['udp'], ['udp', 'tcp']],
  )
})

t.test('by TCP alone', async t => {
  const server = await serve(t, { '*': { addresses: ['192.0.2.1'] } })
  const { ask } = realClient(t, [server.address], { useTcp: true })
  t.match(await ask('a.example'), { ok: true })
  t.match(await ask('b.example'), { ok: true })
  t.same(
    server.queries.map(({ transport }) => transport),
    ['tcp', 'tcp'],
  )
})

t.test('every query has a port of its own', async t => {
  const server = await serve(t, { '*': { addresses: ['192.0.2.1'], delayMs: 20 } })
  const { ask, sockets } = realClient(t, [server.address])
  const names = Array.from({ length: 64 }, (_, i) => `n${i}.example`)
  const answers = await Promise.all(names.map(name => ask(name)))
  t.ok(answers.every(({ ok }) => ok))
  t.equal(new Set(server.queries.map(({ port }) => port)).size, 64)
  t.equal(sockets.open(), 0)
})

t.test('many fast answers do not shorten the time that a slow one has', async t => {
  const server = await serve(t, {
    '*': { addresses: ['192.0.2.1'] },
    'slow.example': { addresses: ['192.0.2.2'], delayMs: 1200 },
  })
  const { ask } = realClient(t, [server.address])
  for (let i = 0; i < 20; i++) await ask(`fast${i}.example`)
  t.match(await ask('slow.example'), { ok: true, addresses: ['192.0.2.2'] })
  t.equal(server.count('slow.example'), 1)
})

t.test('nobody listens there', async t => {
  const server = await createDnsServer()
  await server.close()
  const { ask } = realClient(t, [server.address])
  const refused = { ok: false, code: 'ECONNREFUSED', source: 'dns', server: server.address }
  t.same(await ask('www.example.com'), refused)
})

t.test('DNS: what the process has of turns and sockets, and single-request', async t => {
  const { udp, openUdp, openStream } = createHandSockets()
  const config = { ...NOTHING_CONFIGURED, servers: readServers(['192.0.2.53']) }
  const load = createQueryLoad(2)
  let singleRequest = false
  const source = createDnsSource({
    settings: () => ({ ...config, singleRequest }),
    clock: createHandClock(),
    transport: { openUdp, openStream, randomId: () => 1 },
    load,
  })
  t.equal(source.slots.turns, load.turns)
  t.equal(source.slots.max, 2)
  const got: Answer[] = []
  const ask = (record: 'A' | 'AAAA') =>
    source.query('a.example', record, answer => got.push(answer), CONTROL)
  ask('AAAA')
  ask('A')
  t.equal(udp.length, 2)
  t.equal(load.sockets.open(), 2)
  source.close()
  t.match(got, [{ code: 'ECANCELLED' }, { code: 'ECANCELLED' }])
  t.equal(load.sockets.open(), 0)
  singleRequest = true
})

t.test('DNS: one type after the other where resolv.conf says so', async t => {
  const { udp, openUdp, openStream } = createHandSockets()
  const source = createDnsSource({
    settings: () => ({
      ...NOTHING_CONFIGURED,
      servers: readServers(['192.0.2.53']),
      singleRequest: true,
    }),
    clock: createHandClock(),
    transport: { openUdp, openStream, randomId: () => 1 },
    load: createQueryLoad(2),
  })
  t.teardown(source.close)
  const giveUp = source.query('a.example', 'AAAA', () => {}, CONTROL)
  source.query('a.example', 'A', () => {}, CONTROL)
  t.equal(udp.length, 1)
  giveUp()
  t.equal(udp.length, 2)
})
