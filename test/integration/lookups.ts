/** What names cost: queries that reach a real name server, seen from that server. */
import t from 'tap'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const dns = await createDnsServer({
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

t.test('it ends in order', async t => {
  await eyeballd.stop(t)
})
