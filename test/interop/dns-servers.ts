/** Name servers that others wrote: unbound and dnsmasq. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { createRealClock } from '../../src/net/host/real-clock.ts'
import { createResolver } from '../../src/resolver/create-resolver.ts'
import type { Answer } from '../../src/resolver/types.ts'
import { testLookups } from '../fixtures/host-lookups.ts'
import { createMemoryFiles } from '../fixtures/memory-files.ts'
import { startProgram, unlessMissing } from '../fixtures/programs.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import { freePort } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

/** 100 IPv6 addresses are 2,800 bytes: more than a datagram may have. 64 of them are taken. */
const MANY = Array.from({ length: 100 }, (_, i) => `2001:db8::${(i + 1).toString(16)}`)

const ZONE = [
  '$ORIGIN lab.test.',
  '$TTL 300',
  '@ IN SOA ns admin 1 7200 3600 86400 7',
  '@ IN NS ns',
  'ns IN A 192.0.2.53',
  'www IN A 192.0.2.1',
  'www IN AAAA 2001:db8::1',
  'mapped IN AAAA ::ffff:192.0.2.1',
  'one 60 IN CNAME two',
  'two 30 IN CNAME three',
  'three 90 IN CNAME www',
  'dangling IN CNAME nothing',
  'v4only IN A 192.0.2.4',
  'text IN TXT "no address"',
  ...MANY.map(address => `many IN AAAA ${address}`),
  ...Array.from({ length: 20 }, (_, i) => `loop${i} IN CNAME loop${(i + 1) % 20}`),
  '',
].join('\n')

const startUnbound = async (t: Test, extra: readonly string[] = []): Promise<string> => {
  const directory = temporaryDirectory(t)
  const port = await freePort()
  writeFileSync(join(directory, 'zone'), ZONE)
  const config = join(directory, 'unbound.conf')
  writeFileSync(
    config,
    [
      'server:',
      '  do-daemonize: no',
      '  use-syslog: no',
      '  username: ""',
      '  chroot: ""',
      `  directory: "${directory}"`,
      '  pidfile: ""',
      `  interface: 127.0.0.1@${port}`,
      '  access-control: 127.0.0.0/8 allow',
      '  module-config: "iterator"',
      '  do-not-query-localhost: no',
      '  local-zone: "test." nodefault',
      '  private-address: ::ffff:0:0/128',
      ...extra.map(line => `  ${line}`),
      'remote-control:',
      '  control-enable: no',
      'auth-zone:',
      '  name: "lab.test."',
      `  zonefile: "${directory}/zone"`,
      '  for-downstream: yes',
      '  for-upstream: yes',
      '',
    ].join('\n'),
  )
  await startProgram(t, 'unbound', ['-d', '-c', config], port)
  return `127.0.0.1:${port}`
}

/** A resolver that asks this server, and what resolv.conf says beside. */
const resolverOf = (t: Test, server: string, options = '') => {
  const { lookup, close } = createResolver(
    { servers: [server], search: [], timeoutMs: 5000 },
    {
      ...testLookups(),
      env: {},
      files: createMemoryFiles({ '/etc/resolv.conf': `options ${options}\n` }),
      clock: createRealClock(),
    },
  )
  t.teardown(close)
  return async (name: string, record: 'A' | 'AAAA' = 'A'): Promise<Answer> => lookup(name, record)
}

/** What a server of that zone says, asked in whatever way. */
const holdZone = async (t: Test, ask: (name: string, record?: 'A' | 'AAAA') => Promise<Answer>) => {
  t.match(await ask('www.lab.test'), { ok: true, addresses: ['192.0.2.1'], ttl: 300 })
  t.match(await ask('www.lab.test', 'AAAA'), { addresses: ['2001:db8::1'] })
  t.match(await ask('mapped.lab.test', 'AAAA'), { addresses: ['192.0.2.1'] })
  const chain = await ask('one.lab.test')
  t.match(chain, { ok: true, addresses: ['192.0.2.1'] })
  t.ok(chain.ok && chain.ttl !== null && chain.ttl <= 30, 'the least of the chain')
  t.match(await ask('v4only.lab.test', 'AAAA'), { ok: false, code: 'ENODATA', ttl: 7 })
  t.match(await ask('text.lab.test'), { ok: false, code: 'ENODATA', ttl: 7 })
  t.match(await ask('missing.lab.test'), { ok: false, code: 'ENOTFOUND', ttl: 7 })
  t.match(await ask('dangling.lab.test'), { ok: false, code: 'ENOTFOUND' })
  t.match(await ask('loop0.lab.test'), { ok: false, code: 'ESERVFAIL' })
  const many = await ask('many.lab.test', 'AAAA')
  t.ok(many.ok && many.addresses.length === 64 && many.addresses.every(each => MANY.includes(each)))
}

t.test('unbound', { skip: unlessMissing('unbound') }, async t => {
  const server = await startUnbound(t)
  await t.test('by UDP, and by TCP where it truncates', async t => {
    await holdZone(t, resolverOf(t, server))
  })
  await t.test('by TCP alone, as resolv.conf wants it', async t => {
    await holdZone(t, resolverOf(t, server, 'use-vc'))
  })
  await t.test('one type after the other', async t => {
    const ask = resolverOf(t, server, 'single-request')
    t.match(await Promise.all([ask('www.lab.test', 'AAAA'), ask('www.lab.test')]), [
      { addresses: ['2001:db8::1'] },
      { addresses: ['192.0.2.1'] },
    ])
  })
  await t.test('a thousand names at once', async t => {
    const ask = resolverOf(t, server)
    const names = Array.from({ length: 1000 }, (_, i) => `n${i}.lab.test`)
    const answers = await Promise.all(names.map(name => ask(name)))
    t.ok(answers.every(answer => !answer.ok && answer.code === 'ENOTFOUND'))
  })
})

t.test('unbound that serves TCP alone', { skip: unlessMissing('unbound') }, async t => {
  const server = await startUnbound(t, ['do-udp: no'])
  await holdZone(t, resolverOf(t, server, 'use-vc'))
})

t.test('unbound that refuses', { skip: unlessMissing('unbound') }, async t => {
  const server = await startUnbound(t, ['access-control: 127.0.0.1/32 refuse'])
  t.match(await resolverOf(t, server)('www.lab.test'), { code: 'EREFUSED' })
})

t.test('dnsmasq', { skip: unlessMissing('dnsmasq') }, async t => {
  const port = await freePort()
  await startProgram(
    t,
    'dnsmasq',
    [
      '--no-daemon',
      '--no-resolv',
      '--no-hosts',
      '--conf-file=/dev/null',
      '--user=root',
      '--pid-file=',
      '--bind-interfaces',
      '--listen-address=127.0.0.1',
      `--port=${port}`,
      '--local=/lab.test/',
      '--host-record=www.lab.test,192.0.2.1,2001:db8::1,300',
      '--host-record=v4only.lab.test,192.0.2.4',
      '--cname=alias.lab.test,www.lab.test',
      ...MANY.map(address => `--host-record=many.lab.test,${address}`),
    ],
    port,
  )
  const ask = resolverOf(t, `127.0.0.1:${port}`)
  t.match(await ask('www.lab.test'), { ok: true, addresses: ['192.0.2.1'], ttl: 300 })
  t.match(await ask('www.lab.test', 'AAAA'), { addresses: ['2001:db8::1'] })
  t.match(await ask('alias.lab.test'), { addresses: ['192.0.2.1'] })
  t.match(await ask('v4only.lab.test', 'AAAA'), { ok: false, code: 'ENODATA' })
  t.match(await ask('missing.lab.test'), { ok: false, code: 'ENOTFOUND' })
  t.match(await ask('elsewhere.example'), { ok: false, code: 'EREFUSED' })
  const many = await ask('many.lab.test', 'AAAA')
  t.ok(many.ok && many.addresses.length === 64, 'more than a datagram holds')
})
