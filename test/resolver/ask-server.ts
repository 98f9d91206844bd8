import { createSocket } from 'node:dgram'
import t from 'tap'
import type { Test } from 'tap'
import {
  askServer,
  checkServers,
  readSystemServers,
  toAnswer,
} from '../../src/resolver/ask-server.ts'
import type { Answer } from '../../src/resolver/types.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import type { DnsScript } from '../fixtures/dns-server.ts'

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

t.test('servers given by hand', async t => {
  t.same(checkServers(['192.0.2.53', '192.0.2.53:5353', '[2001:db8::53]:5353', '2001:db8::53']), [
    '192.0.2.53',
    '192.0.2.53:5353',
    '[2001:db8::53]:5353',
    '2001:db8::53',
  ])
  for (const server of ['dns.example', '', '192.0.2.300', '192.0.2.1:x']) {
    t.throws(() => checkServers(['192.0.2.53', server]), {
      code: 'ERR_INVALID_ADDRESS',
      message: `"${server}" is not a DNS server: an IP address, with a port as 192.0.2.53:5353 or [2001:db8::53]:5353, is`,
    })
  }
})

t.test('the system has servers', async t => {
  t.ok(readSystemServers().length > 0)
})

t.test('codes of c-ares that no server here causes, and odd records', async t => {
  const code = (text: string | undefined) =>
    toAnswer(Object.assign(new Error('no'), text === undefined ? {} : { code: text }), [])
  t.match(code('ETIMEOUT'), { code: 'ETIMEDOUT' })
  t.match(code('EBADRESP'), { code: 'EBADRESP' })
  t.match(code('ENOMEM'), { code: 'EBADRESP' })
  t.match(code(undefined), { code: 'EBADRESP' })
  t.match(toAnswer(null, []), { code: 'ENODATA' })
  t.match(toAnswer(null, [{ address: 'nonsense', ttl: 1 }]), { code: 'ENODATA' })
  const records = [
    { address: '192.0.2.1', ttl: 9 },
    { address: '192.0.2.2', ttl: 7 },
  ]
  t.match(toAnswer(null, records), { ok: true, ttl: 7 })
  t.match(toAnswer(null, [{ address: '192.0.2.1', ttl: -5 }]), { ttl: 0 }, 'RFC 2181 section 8')
})
