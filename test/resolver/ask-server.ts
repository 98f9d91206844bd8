import { createSocket } from 'node:dgram'
import t from 'tap'
import type { Test } from 'tap'
import { createAskServer } from '../../src/resolver/ask-server.ts'
import type { Answer } from '../../src/resolver/types.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import type { DnsScript } from '../fixtures/dns-server.ts'

const askServer = createAskServer()

const serve = async (t: Test, script: DnsScript) => {
  const server = await createDnsServer(script)
  t.teardown(server.close)
  const ask = (name: string, record: 'A' | 'AAAA') =>
    new Promise<Answer>(resolve => askServer(server.address, name, record, resolve))
  return { server, ask }
}

t.test('addresses of each type, canonical, in their order, with the TTL', async t => {
  const { server, ask } = await serve(t, {
    'www.example.com A': { addresses: ['192.0.2.2', '192.0.2.1', '192.0.2.2'], ttl: 77 },
    'www.example.com AAAA': { addresses: ['2001:db8:0:0::1'] },
  })
  t.same(await ask('www.example.com', 'A'), {
    ok: true,
    addresses: ['192.0.2.2', '192.0.2.1'],
    ttl: 77,
    source: 'dns',
  })
  t.same(await ask('www.example.com', 'AAAA'), {
    ok: true,
    addresses: ['2001:db8::1'],
    ttl: 300,
    source: 'dns',
  })
  t.same(
    server.queries.map(({ name, type, transport }) => [name, type, transport]),
    [
      ['www.example.com', 'A', 'udp'],
      ['www.example.com', 'AAAA', 'udp'],
    ],
  )
})

t.test('an alias is followed, and names with an underscore are asked', async t => {
  const { ask } = await serve(t, {
    'alias.example A': { cname: 'real.example', addresses: ['192.0.2.1'], ttl: 5 },
    '_under_score.example A': { addresses: ['192.0.2.1'] },
  })
  t.match(await ask('alias.example', 'A'), { ok: true, addresses: ['192.0.2.1'], ttl: 5 })
  t.match(await ask('_under_score.example', 'A'), { ok: true })
})

t.test('a truncated answer comes whole by TCP', async t => {
  const addresses = Array.from({ length: 40 }, (_, i) => `192.0.2.${i}`)
  const { server, ask } = await serve(t, { 'big.example A': { addresses, truncated: true } })
  t.match(await ask('big.example', 'A'), { ok: true, addresses })
  t.same(
    server.queries.map(({ transport }) => transport),
    ['udp', 'tcp'],
  )
})

t.test('so does one of 60 records, which is too long for UDP', async t => {
  const addresses = Array.from({ length: 60 }, (_, i) => `2001:db8::${(i + 1).toString(16)}`)
  const { server, ask } = await serve(t, { 'big.example AAAA': { addresses, ttl: 9 } })
  t.match(await ask('big.example', 'AAAA'), { ok: true, addresses, ttl: 9 })
  t.same(
    server.queries.map(({ transport }) => transport),
    ['udp', 'tcp'],
  )
})

t.test('a server that truncates and refuses TCP was not reached', async t => {
  const server = await createDnsServer(
    { '*': { addresses: ['192.0.2.1'], truncated: true } },
    { hasTcp: false },
  )
  t.teardown(server.close)
  const answer = await new Promise<Answer>(resolve =>
    askServer(server.address, 'big.example', 'A', resolve),
  )
  t.same(answer, { ok: false, code: 'ECONNREFUSED', source: 'dns' })
  t.equal(server.queries.length, 1)
})

t.test('an answer has 64 addresses at most', async t => {
  const addresses = Array.from({ length: 500 }, (_, i) => `192.0.${i >> 8}.${i & 255}`)
  const { ask } = await serve(t, { 'big.example A': { addresses, truncated: true } })
  const answer = await ask('big.example', 'A')
  t.equal(answer.ok && answer.addresses.length, 64)
})

t.test('NXDOMAIN, no data, SERVFAIL and the others stay apart', async t => {
  const { server, ask } = await serve(t, {
    'v4only.example A': { addresses: ['192.0.2.1'] },
    'cname.example': { cname: 'nothing.example' },
    'dangling.example': { cname: 'nothing.example', rcode: 'NXDOMAIN' },
    'servfail.example': { rcode: 'SERVFAIL' },
    'refused.example': { rcode: 'REFUSED' },
    'formerr.example': { rcode: 'FORMERR' },
    'notimp.example': { rcode: 'NOTIMP' },
  })
  const code = async (name: string) => {
    const answer = await ask(name, 'AAAA')
    return answer.ok ? 'ok' : answer.code
  }
  t.equal(await code('missing.example'), 'ENOTFOUND')
  t.equal(await code('v4only.example'), 'ENODATA')
  t.equal(await code('cname.example'), 'ENODATA')
  t.equal(await code('dangling.example'), 'ENOTFOUND')
  t.equal(await code('servfail.example'), 'ESERVFAIL')
  t.equal(await code('refused.example'), 'EREFUSED')
  t.equal(await code('formerr.example'), 'EFORMERR')
  t.equal(await code('notimp.example'), 'ENOTIMP')
  t.equal(server.count('servfail.example'), 1, 'a server is asked once')
})

t.test('nobody listens there', async t => {
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>(resolve => socket.close(resolve))
  const answer = await new Promise<Answer>(resolve =>
    askServer(`127.0.0.1:${port}`, 'www.example.com', 'A', resolve),
  )
  t.same(answer, { ok: false, code: 'ECONNREFUSED', source: 'dns' })
})

t.test('a cancelled question never settles', async t => {
  const { server, ask } = await serve(t, { '*': { delayMs: 30, addresses: ['192.0.2.1'] } })
  let settled = false
  const cancel = askServer(server.address, 'a.example', 'A', () => (settled = true))
  cancel()
  await ask('b.example', 'A')
  t.notOk(settled)
})

t.test('where c-ares cannot begin, the server was not reached', async t => {
  const answer = await new Promise<Answer>(resolve => askServer('nonsense', 'a', 'A', resolve))
  t.same(answer, { ok: false, code: 'ECONNREFUSED', source: 'dns' })
  let settled = false
  askServer('nonsense', 'a', 'A', () => (settled = true))()
  await new Promise(resolve => setImmediate(resolve))
  t.notOk(settled)
})

t.test('many questions at once share a bounded number of sockets', async t => {
  const ports = new Set<number>()
  const server = await createDnsServer(
    { '*': { addresses: ['192.0.2.1'], delayMs: 50 } },
    { onQuery: query => ports.add(query.port) },
  )
  const other = await createDnsServer({ '*': { addresses: ['192.0.2.2'] } })
  t.teardown(() => Promise.all([server.close(), other.close()]))
  const shared = createAskServer(4)
  const ask = (address: string, name: string) =>
    new Promise<Answer>(resolve => shared(address, name, 'A', resolve))
  const names = Array.from({ length: 100 }, (_, i) => `n${i}.example`)
  const asked = names.map(name => ask(server.address, name))
  t.match(await ask(other.address, 'a.example'), { addresses: ['192.0.2.2'] }, 'another server')
  for (const answer of await Promise.all(asked)) t.ok(answer.ok)
  t.equal(ports.size, 4)
  t.equal(server.queries.length, 100)
  ports.clear()
  await ask(server.address, 'alone.example')
  await ask(server.address, 'later.example')
  t.equal(ports.size, 2, 'one after the other they have a socket each')
})

t.test('where a socket is shared, cancelling one question leaves the others alone', async t => {
  const { server } = await serve(t, { '*': { addresses: ['192.0.2.1'], delayMs: 30 } })
  const shared = createAskServer(1)
  let settled = false
  const cancel = shared(server.address, 'a.example', 'A', () => (settled = true))
  const other = new Promise<Answer>(resolve => shared(server.address, 'b.example', 'A', resolve))
  cancel()
  cancel()
  t.match(await other, { ok: true })
  t.notOk(settled)
})

t.test('a shared socket is the one that has had the fewest answers', async t => {
  const ports = new Map<string, number>()
  const server = await createDnsServer(
    { 'dead.example': { silent: true }, 'dead2.example': { silent: true }, '*': {} },
    { onQuery: query => ports.set(query.name, query.port) },
  )
  t.teardown(server.close)
  const shared = createAskServer(2)
  const cancels: (() => void)[] = []
  const ask = (name: string) =>
    new Promise<Answer>(resolve => cancels.push(shared(server.address, name, 'A', resolve)))
  void ask('dead.example')
  void ask('dead2.example')
  await ask('a.example')
  t.equal(ports.get('a.example'), ports.get('dead.example'))
  await ask('b.example')
  t.equal(ports.get('b.example'), ports.get('dead2.example'))
  for (const cancel of cancels) cancel()
})
