/** Rules by name, for names that search domains complete: through real daemons and DNS. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { mkdirSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { endChild, own, within } from '../fixtures/children.ts'
import { COMPILED } from '../fixtures/compiled.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { makeNamespace, removeLeftovers, whyNoNamespaces } from '../fixtures/namespaces.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const SOCKS = { name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' }
const LOOPBACK = { action: 'allow', to: ['loopback'] }
const DENY = { action: 'deny', to: ['*.corp.internal'] }

/** An address of this host that is not loopback: an allow by name is enough to reach it. */
const outer = Object.values(networkInterfaces())
  .flatMap(entries => entries ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address

const dns = await createDnsServer({
  'secret.corp.internal A': { addresses: ['127.0.0.1'] },
  'secret6.corp.internal AAAA': { addresses: ['::1'] },
  'brief.corp.internal A': { addresses: ['127.0.0.1'], ttl: 0 },
  'expired.corp.internal A': { addresses: ['127.0.0.1'], ttl: 1 },
  'alias.example.com A': { cname: 'secret.corp.internal', addresses: ['127.0.0.1'] },
  'free.lab.example A': { addresses: ['127.0.0.1'] },
  ...(outer !== undefined && { 'outer.corp.internal A': { addresses: [outer] } }),
})
t.teardown(() => dns.close())
const target = await tcpTarget(t, echo, '127.0.0.1')
const target6 = await tcpTarget(t, echo, '::1').catch(() => undefined)

const startWith = async (access: object[], more: object = {}, listeners: object[] = []) => {
  const resolver = { servers: [dns.address], search: ['corp.internal', 'lab.example'], ...more }
  const config = { listeners: [SOCKS, ...listeners], resolver, access }
  const eyeballd = await startEyeballd(t, { config })
  const ask = async (host: string, port = target.port): Promise<number> => {
    const { client, reply } = await askSocks(eyeballd.address('socks'), host, port)
    client.destroy()
    return reply.code
  }
  return { eyeballd, ask }
}

await t.test('a name is denied by the name that was found for it', async t => {
  const forward = {
    name: 'forward',
    protocol: 'forward',
    listen: '127.0.0.1:0',
    target: [`secret:${target.port}`, `brief:${target.port}`],
  }
  const { eyeballd, ask } = await startWith(
    [DENY, LOOPBACK],
    { cache: { staleWhileRevalidate: '5m' }, hosts: { near: '127.0.0.1' } },
    [forward],
  )
  t.equal(await ask('secret.corp.internal'), 2, 'asked for in full')
  t.equal(await ask('secret'), 2, 'in the cache')
  t.equal(await ask('brief'), 2, 'from DNS')
  t.equal(await ask('BRIEF'), 2, 'in upper case')
  if (target6) t.equal(await ask('secret6', target6.port), 2, 'by IPv6')
  t.equal(await ask('expired'), 2)
  t.equal(await ask('free'), 0, 'another domain is another name')
  t.equal(await ask('near'), 0, 'a name of the configuration is the name itself')
  t.equal(await ask('alias.example.com'), 0, 'what an alias leads to is not what rules are about')
  t.equal(await ask('secret.'), 4, 'what ends in a dot is complete')
  const count = dns.count('expired.corp.internal', 'A')
  await sleep(1100)
  t.equal(await ask('expired'), 2, 'expired')
  await eventually(() => dns.count('expired.corp.internal', 'A') > count)
  t.equal(await ask('expired'), 2, 'refreshed')

  const client = connect(eyeballd.address('forward'))
  client.on('error', () => {})
  const over = new Promise(resolve => client.once('close', resolve))
  await within(10_000, 'the forward is over', over)
  await eyeballd.waitFor(({ listener, reason }) => listener === 'forward' && reason === 'access')
  t.ok(eyeballd.linesOf('rejected').every(({ reason }) => reason === 'access'))
  await eyeballd.stop(t)
})

await t.test('and allowed by it', async t => {
  const allow = { action: 'allow', to: ['*.corp.internal'] }
  const { eyeballd, ask } = await startWith([allow, { action: 'deny' }])
  t.equal(await ask('free'), 2)
  t.equal(await ask('secret'), 2, 'which does not allow loopback')
  const asked = dns.queries.length
  t.equal(await ask('free.lab.example.'), 2)
  t.equal(dns.queries.length, asked, 'what can only be denied is not looked up')
  await eyeballd.stop(t)
})

const onlyLoopback = outer === undefined && 'this host has no address but loopback'

await t.test('allowed by it, beyond loopback', { skip: onlyLoopback }, async t => {
  const allow = { action: 'allow', to: ['*.corp.internal'] }
  const { eyeballd, ask } = await startWith([allow, { action: 'deny' }])
  // Nobody listens there.
  t.equal(await ask('outer', 9), 5)
  await eyeballd.stop(t)
})

await t.test('the first rule that matches either name decides', async t => {
  const pass = { action: 'allow', to: ['127.0.0.1'], ports: [target.port] }
  const { eyeballd, ask } = await startWith([
    { action: 'deny', to: ['brief'] },
    { action: 'deny', to: ['secret.corp.internal'] },
    pass,
    { action: 'deny', to: ['*.lab.example'] },
  ])
  t.equal(await ask('brief'), 2, 'the name asked for')
  t.equal(await ask('brief.corp.internal'), 0)
  t.equal(await ask('secret'), 2, 'the name found')
  t.equal(await ask('free'), 0, 'an allow before')
  await eyeballd.stop(t)
})

const noNamespaces = whyNoNamespaces() ?? false

t.test('mode system, where the C library has search domains', { skip: noNamespaces }, async t => {
  removeLeftovers()
  const namespace = makeNamespace(t, 'search')
  const etc = `/etc/netns/${namespace}`
  mkdirSync(etc, { recursive: true })
  const search = 'search corp.internal lab.example'
  writeFileSync(`${etc}/resolv.conf`, `nameserver 127.0.0.1\n${search}\n`)
  const start = async (name: string, ...args: string[]): Promise<string[]> => {
    const main = fileURLToPath(new URL(`../fixtures/${name}.ts`, import.meta.url))
    const command = ['netns', 'exec', namespace, process.execPath, COMPILED, main, ...args]
    const child = own(spawn('ip', command, { stdio: ['pipe', 'pipe', 'inherit'] }))
    t.teardown(() => endChild(child))
    const lines: string[] = []
    const reader = createInterface(child.stdout)
    const ready = once(reader, 'line')
    reader.on('line', line => lines.push(line))
    await within(15_000, `${name} is ready`, ready)
    return lines
  }
  const script = {
    'secret.corp.internal A': { addresses: ['127.0.0.1'] },
    'free.lab.example A': { addresses: ['127.0.0.1'] },
    'www.example.com A': { addresses: ['127.0.0.1'] },
  }
  await start('dns-server-main', JSON.stringify(script))
  const eyeballd = await startEyeballd(t, {
    config: { listeners: [SOCKS], resolver: { mode: 'system' }, access: [DENY, LOOPBACK] },
    wrap: ['ip', 'netns', 'exec', namespace],
  })
  // Nobody listens at the port: a race that takes place is refused.
  const targets = ['secret', 'secret.corp.internal', 'free', 'www.example.com', 'Secret']
  const proxy = String(eyeballd.address('socks').port)
  const lines = await start('socks-ask-main', proxy, ...targets.map(name => `${name}:9`))
  await eventually(() => lines.length === targets.length, 30_000)
  const codes = lines.map(line => (JSON.parse(line) as { code: number }).code)
  t.same(codes, [2, 2, 5, 5, 2])
  await eyeballd.stop(t)
})
