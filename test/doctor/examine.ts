import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { examine } from '../../src/doctor/examine.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { createDoctorHost } from '../fixtures/doctor-host.ts'

const ONLINE = { isOffline: false, daemon: Promise.resolve(null) }
const OFFLINE = { ...ONLINE, isOffline: true }
const TARGETS = [{ host: 'a.example', port: 443 }]

t.test('everything is looked at, and shown in one order', async t => {
  const dns = await createDnsServer({ 'a.example': { addresses: ['192.0.2.1'] } })
  t.teardown(dns.close)
  const config = parseConfig(`resolver: { servers: "${dns.address}" }`, 'f')
  const { findings, targets } = await examine(createDoctorHost(), config, TARGETS, ONLINE)
  t.strictSame(
    [...new Set(findings.map(({ id }) => id))],
    [
      'route.ipv6',
      'route.ipv4',
      'mtu.ipv6',
      'mtu.ipv4',
      'dns.server',
      'resolv.search',
      'nat64',
      'race',
      'clock',
      'files',
      'engine',
      'port',
    ],
  )
  t.match(targets, [{ race: { target: 'a.example:443' } }])
  t.ok(dns.count('a.example') > 0, 'the server is asked for the name of the target')
})

t.test('a running daemon', async t => {
  const daemon = Promise.resolve({ ok: false, where: 'x', why: 'no daemon listens at x' } as const)
  const config = parseConfig('log: {}', 'f')
  const { findings } = await examine(createDoctorHost(), config, [], { isOffline: true, daemon })
  t.match(findings.at(-2), { id: 'daemon', severity: 'note' })
})

t.test('the name that servers are asked for', async t => {
  const asked = async (...hosts: readonly string[]) => {
    const dns = await createDnsServer({ '*': { addresses: ['192.0.2.1'] } })
    const config = parseConfig(`resolver: { servers: "${dns.address}" }`, 'f')
    const targets = hosts.map(host => ({ host, port: 1 }))
    const { findings } = await examine(createDoctorHost(), config, targets, ONLINE)
    await dns.close()
    return findings.find(({ id }) => id === 'dns.server')?.facts.name
  }
  t.equal(await asked('192.0.2.1', 'db', 'a.local', 'b.example.'), 'b.example')
  t.equal(await asked('localhost'), 'example.com', 'a name that is not of DNS says nothing of it')
})

t.test('offline nothing leaves the host', async t => {
  const out = (): never => {
    throw new Error('nothing is sent')
  }
  const host = createDoctorHost({
    transport: { openUdp: out, openStream: out, randomId: () => 1 },
    races: { ...createDoctorHost().races, dial: out, lookup: out },
    probeTls: out,
  })
  const { findings, targets } = await examine(host, parseConfig('log: {}', 'f'), TARGETS, OFFLINE)
  t.strictSame(targets, [])
  t.match(findings.at(-1), { id: 'offline', severity: 'note' })
  t.notOk(findings.some(({ id }) => id === 'dns.server' || id === 'race'))
})

t.test('a host without a DNS server', async t => {
  const look = async (resolvConf: string | null, systemServers: readonly string[] = []) => {
    const host = createDoctorHost({
      files: { '/etc/resolv.conf': resolvConf },
      systemServers: () => systemServers,
    })
    const { findings } = await examine(host, parseConfig('log: {}', 'f'), [], OFFLINE)
    return findings.find(({ id }) => id === 'dns.server' || id === 'resolv.servers')
  }
  t.match(await look(null), { severity: 'problem', message: /cannot be read$/ })
  t.match(await look('# none\n'), { severity: 'problem', message: /names none$/ })
  t.match(await look('', ['127.0.0.1']), {
    severity: 'note',
    message: '/etc/resolv.conf names none: DNS servers are asked at the default, 127.0.0.1',
  })
  t.match(await look(null, ['127.0.0.1']), { message: /cannot be read: DNS servers are asked/ })
  t.equal(await look('nameserver 192.0.2.53\n', ['127.0.0.1']), undefined)
})
