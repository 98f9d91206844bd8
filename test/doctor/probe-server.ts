import t from 'tap'
import type { Asked, AskServer } from '../../src/doctor/ask-server.ts'
import { createAskServer } from '../../src/doctor/ask-server.ts'
import { createProbeServer } from '../../src/doctor/probe-server.ts'
import type { DnsServer } from '../../src/resolver/dns/servers.ts'
import { readServer } from '../../src/resolver/dns/servers.ts'
import { TYPE } from '../../src/wire/dns/message.ts'
import type { DnsScript } from '../fixtures/dns-server.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { createDoctorHost } from '../fixtures/doctor-host.ts'

const SERVER = readServer('192.0.2.53') as DnsServer
const SILENT: Asked = { ok: false, code: 'ETIMEDOUT' }

const answer = (ms: number, more: Partial<Extract<Asked, { ok: true }>> = {}): Asked => ({
  ok: true,
  ms,
  message: new Uint8Array(),
  rcode: 0,
  truncated: false,
  answers: 1,
  octets: 50,
  ...more,
})

/** A server of which a test says what it answers; the root's keys are the large answer. */
const probe = (
  reply: (what: {
    readonly type: number
    readonly edns: boolean
    readonly tcp: boolean
    readonly isLarge: boolean
  }) => Asked,
) => {
  const ask: AskServer = async (_, { type, edns, name }, transport) =>
    reply({ type, edns: edns !== null, tcp: transport === 'tcp', isLarge: name === '\0' })
  return createProbeServer(ask)(SERVER, 'a.example')
}

t.test('a server that can do everything', async t => {
  let ms = 0
  const report = await probe(({ isLarge, tcp, type }) => {
    if (isLarge) return answer(9, { octets: 1139 })
    return answer(tcp ? 1 : type === TYPE.A ? ([30, 4, 5][ms++] ?? 4) : 7)
  })
  t.match(report, {
    server: '192.0.2.53',
    a: { medianMs: 5, code: null, rcode: 0 },
    aaaa: { medianMs: 7 },
    tcp: null,
    edns: 'works',
    large: 'whole',
    largeOctets: 1139,
    nat64: [],
  })
})

t.test('what is missing is found', async t => {
  const silent = await probe(() => SILENT)
  t.match(silent, { a: { medianMs: null, code: 'ETIMEDOUT' }, tcp: 'ETIMEDOUT', edns: null })
  const dropped = await probe(({ edns }) => (edns ? SILENT : answer(3)))
  t.match(dropped, { a: { medianMs: 3 }, edns: 'dropped', large: 'unknown' })
  const refused = await probe(({ edns }) => (edns ? answer(1, { rcode: 1 }) : answer(3)))
  t.match(refused, { a: { medianMs: 3, rcode: 0 }, edns: 'refused' })
  const noTcp = await probe(({ tcp }) => (tcp ? { ok: false, code: 'ECONNREFUSED' } : answer(3)))
  t.match(noTcp, { tcp: 'ECONNREFUSED', large: 'unknown' }, 'a small answer proves nothing')
  const lost = await probe(({ isLarge }) => (isLarge ? SILENT : answer(3)))
  t.match(lost, { edns: 'works', large: 'lost', largeOctets: null })
  const cut = await probe(({ isLarge }) => (isLarge ? answer(3, { truncated: true }) : answer(3)))
  t.match(cut, { large: 'truncated' })
  const onlyA = await probe(({ type }) => (type === TYPE.AAAA ? SILENT : answer(3)))
  t.match(onlyA, { a: { medianMs: 3 }, aaaa: { medianMs: null, code: 'ETIMEDOUT' } })
})

t.test('one lost datagram is not EDNS that is dropped', async t => {
  let first = true
  const report = await probe(({ type, isLarge, tcp }) => {
    const isLost = type === TYPE.A && !isLarge && !tcp && first
    if (isLost) first = false
    return isLost ? SILENT : answer(3)
  })
  t.match(report, { edns: 'works' })
})

t.test('of a real server', async t => {
  const start = async (script: DnsScript, options: Parameters<typeof createDnsServer>[1] = {}) => {
    const server = await createDnsServer(script, options)
    t.teardown(server.close)
    return createProbeServer(createAskServer(createDoctorHost()))(
      readServer(server.address) as DnsServer,
      'a.example',
    )
  }
  const name = { addresses: ['192.0.2.1', '2001:db8::1'] }
  const nat64 = { addresses: ['64:ff9b::c000:aa', '64:ff9b::c000:ab'] }
  const [good, noTcp, oldServer] = await Promise.all([
    start({ 'a.example': name, 'ipv4only.arpa AAAA': nat64 }),
    start({ '*': name }, { hasTcp: false }),
    start({ '*': name }, { edns: 'formerr' }),
  ])
  t.match(good, {
    name: 'a.example',
    a: { medianMs: Number, rcode: 0, records: 1 },
    aaaa: { records: 1 },
    tcp: null,
    edns: 'works',
    nat64: ['64:ff9b::/96'],
  })
  t.match(noTcp, { tcp: 'ECONNREFUSED', nat64: [] })
  t.match(oldServer, { a: { rcode: 0 }, edns: 'refused' })
  const [none, onlyFour] = await Promise.all([
    start({}),
    start({ 'a.example': { addresses: ['192.0.2.1'] } }),
  ])
  t.match(none, { a: { rcode: 3, records: 0 }, aaaa: { rcode: 3, records: 0 } })
  t.match(onlyFour, { a: { records: 1 }, aaaa: { rcode: 0, records: 0 } })
})
