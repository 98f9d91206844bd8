import t from 'tap'
import { createAskServer } from '../../src/doctor/ask-server.ts'
import { readServer } from '../../src/resolver/dns/servers.ts'
import type { DnsServer } from '../../src/resolver/dns/servers.ts'
import { TYPE } from '../../src/wire/dns/message.ts'
import { wireName } from '../../src/wire/dns/names.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { createDoctorHost } from '../fixtures/doctor-host.ts'

const ask = createAskServer(createDoctorHost())
const question = { name: wireName('a.example'), type: TYPE.A, edns: null }

t.test('an answer by UDP and by TCP', async t => {
  const server = await createDnsServer({ 'a.example': { addresses: ['192.0.2.1'] } })
  t.teardown(server.close)
  const at = readServer(server.address) as DnsServer
  for (const transport of ['udp', 'tcp'] as const) {
    t.match(await ask(at, question, transport, 5000), {
      ok: true,
      rcode: 0,
      answers: 1,
      truncated: false,
      ms: Number,
    })
  }
  t.match(
    server.queries.map(({ transport }) => transport),
    ['udp', 'tcp'],
  )
})

t.test('silence, answers to other questions, and a refusal', async t => {
  const server = await createDnsServer(
    { 'a.example': { silent: true, noise: ['id', 'question'] } },
    { hasTcp: false },
  )
  const at = readServer(server.address) as DnsServer
  t.strictSame(await ask(at, question, 'udp', 50), { ok: false, code: 'ETIMEDOUT' })
  t.strictSame(await ask(at, question, 'tcp', 5000), { ok: false, code: 'ECONNREFUSED' })
  await server.close()
  t.strictSame(await ask(at, question, 'udp', 5000), { ok: false, code: 'ECONNREFUSED' })
})
