/** What names cost: queries that reach a real name server, seen from that server. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import type { LogLine } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, freePort, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const dns = await createDnsServer({
  'mapped.example.com AAAA': { addresses: ['::ffff:127.0.0.1'] },
  'twice.example.com': { addresses: ['127.0.0.1', '::ffff:127.0.0.1'] },
  'zero.example.com': { rcode: 'NXDOMAIN', soa: 0 },
  'second.example.com': { rcode: 'NXDOMAIN', soa: 1 },
  'nodata.example.com': { soa: 1 },
  'hour.example.com': { rcode: 'NXDOMAIN', soa: 3600 },
  'db.local-domain.example': { addresses: ['127.0.0.1'] },
  'cold.example.com': { addresses: ['127.0.0.1'], delayMs: 100 },
  'rebound.example.com': { addresses: ['127.0.0.1', '::1', '169.254.169.254'] },
})
t.teardown(() => dns.close())
const listener = { protocol: 'socks', listen: '127.0.0.1:0' }
const resolver = {
  servers: [dns.address],
  search: [],
  hosts: { 'written.example.com': '127.0.0.1' },
}
const eyeballd = await startEyeballd(t, {
  config: {
    listeners: [listener],
    resolver,
    access: [{ action: 'allow', to: ['loopback'] }],
  },
})
const target = await tcpTarget(t, echo)

t.test('50 clients at once to a cold name cost one query of each type', async t => {
  const asked = await Promise.all(
    Array.from({ length: 50 }, () => askSocks(eyeballd.address(), 'cold.example.com', target.port)),
  )
  for (const { client } of asked) client.destroy()
  t.same(new Set(asked.map(({ reply }) => reply.code)), new Set([0]), 'all are served')
  t.equal(dns.count('cold.example.com', 'A'), 1)
  t.equal(dns.count('cold.example.com', 'AAAA'), 1)
})

t.test('a warm name, in any case and with a final dot, costs none', async t => {
  for (const name of ['cold.example.com', 'COLD.example.COM', 'cold.example.com.']) {
    const { client, reply } = await askSocks(eyeballd.address(), name, target.port)
    client.destroy()
    t.equal(reply.code, 0, name)
  }
  t.equal(dns.count('cold.example.com'), 2)
})

t.test('literals, localhost and static hosts cost none', async t => {
  const before = dns.queries.length
  const hosts = ['127.0.0.1', '::ffff:127.0.0.1', 'localhost', 'a.localhost', 'written.example.com']
  for (const host of hosts) {
    const { client, reply } = await askSocks(eyeballd.address(), host, target.port)
    client.destroy()
    t.equal(reply.code, 0, host)
  }
  t.same(dns.queries.slice(before), [], 'the name server heard nothing')
})

t.test('what is no name is answered at once, and never asked for', async t => {
  const before = dns.queries.length
  const names = ['127.1', '0x7f.1', '2130706433', 'localhost\0.example.com', 'a b.example.com']
  for (const name of names) {
    const { client, reply } = await askSocks(eyeballd.address(), name, target.port)
    client.destroy()
    t.equal(reply.code, 4, JSON.stringify(name))
  }
  t.same(dns.queries.slice(before), [], 'the name server heard nothing')
})

t.test('a DNS answer that leads to this host is dropped, against rebinding', async t => {
  const strict = await startEyeballd(t, { config: { listeners: [listener], resolver } })
  const denied = await askSocks(strict.address(), 'rebound.example.com', target.port)
  denied.client.destroy()
  t.equal(denied.reply.code, 2)
  const written = await askSocks(strict.address(), 'written.example.com', target.port)
  written.client.destroy()
  t.equal(written.reply.code, 0, 'what somebody wrote into the configuration is trusted')
  const line = await strict.waitFor(({ event }) => event === 'rejected')
  t.equal(line['reason'], 'access')
  await strict.stop(t)
})

t.test('an IPv4-mapped address from DNS is the IPv4 address that it holds', async t => {
  const access = [{ action: 'allow', to: ['loopback'] }]
  const closed = await freePort()
  const both = await askSocks(eyeballd.address(), 'twice.example.com', closed)
  both.client.destroy()
  t.equal(both.reply.code, 5)
  const isOf = (name: string) => (line: LogLine) =>
    line.event === 'race' && String(line['target']).startsWith(name)
  const { attempts } = await eyeballd.waitFor(isOf('twice.example.com'))
  t.match(attempts, [{ address: '127.0.0.1', family: 4 }])
  t.equal((attempts as unknown[]).length, 1, 'with the same A record it is one target')

  const mapped = await askSocks(eyeballd.address(), 'mapped.example.com', target.port)
  mapped.client.destroy()
  t.equal(mapped.reply.code, 0)
  t.match(await eyeballd.waitFor(isOf('mapped.example.com')), {
    winner: { address: '127.0.0.1', family: 4 },
  })

  const config = { listeners: [listener], resolver: { ...resolver, ipv4: false }, access }
  const six = await startEyeballd(t, { config })
  const denied = await askSocks(six.address(), 'mapped.example.com', target.port)
  denied.client.destroy()
  t.equal(denied.reply.code, 4, 'where IPv4 is switched off it is dropped')
  await six.stop(t)
})

t.test('that there is no such name is kept as its zone says, and no longer than 5 s', async t => {
  const ask = async (name: string): Promise<number> => {
    const { client, reply } = await askSocks(eyeballd.address(), name, target.port)
    client.destroy()
    t.equal(reply.code, 4)
    return dns.count(name)
  }
  const hold = async (name: string, keptMs: number): Promise<void> => {
    const startedAt = performance.now()
    t.equal(await ask(name), 2, `${name}: AAAA and A`)
    if (keptMs > 0) {
      const again = await ask(name)
      // On a machine that has no time for it, it may have expired by now.
      t.ok(again === 2 || performance.now() - startedAt > keptMs, 'kept')
    }
    await sleep(Math.max(0, startedAt + keptMs + 200 - performance.now()))
    const before = dns.count(name)
    t.equal(await ask(name), before + 2, `${name}: asked again`)
  }
  await Promise.all([
    hold('zero.example.com', 0),
    hold('second.example.com', 1000),
    hold('nodata.example.com', 1000),
    // No zone says how long: as long as a failure.
    hold('missing.example.com', 2000),
    hold('hour.example.com', 5000),
  ])
})

t.test('LOCALDOMAIN and RES_OPTIONS override resolv.conf', async t => {
  const { search: _search, ...rest } = resolver
  const local = await startEyeballd(t, {
    config: {
      listeners: [listener],
      resolver: rest,
      access: [{ action: 'allow', to: ['loopback'] }],
    },
    env: { LOCALDOMAIN: 'local-domain.example', RES_OPTIONS: 'use-vc ndots:1' },
  })
  const { client, reply } = await askSocks(local.address(), 'db', target.port)
  client.destroy()
  t.equal(reply.code, 0)
  const asked = dns.queries.filter(({ name }) => name === 'db.local-domain.example')
  t.same(new Set(asked.map(({ transport }) => transport)), new Set(['tcp']))
  await local.stop(t)
})

t.test('it ends in order', async t => {
  await eyeballd.stop(t)
})
