import t from 'tap'
import type { Session } from '../../../src/listener/protocol-types.ts'
import { createClientProtocol } from '../../../src/listener/protocols/client-protocols.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { allArrived } from '../../fixtures/all-arrived.ts'
import { until } from '../../fixtures/listener.ts'
import { bytes, byName, GREETING, start, SUCCEEDED } from '../../fixtures/listener-start.ts'

const WAITS = {
  handshakeTimeoutMs: 10_000,
  authFailureDelayMs: 1000,
  idleTimeoutMs: 7_440_000,
  halfCloseTimeoutMs: 60_000,
}

const SOCKS4 = bytes([4, 1, 1, 0xbb, 192, 0, 2, 1, 0])
const CONNECT = Buffer.from('CONNECT example.com:443 HTTP/1.1\r\n\r\n')

/** The first byte of the answer to each client, by the listener's protocol. */
const ANSWERS = {
  mixed: { socks5: 5, socks4: 0, http: 0x48 },
  socks: { socks5: 5, socks4: 0, http: 0x48 },
  http: { socks5: 5, socks4: 0, http: 0x48 },
} as const

t.test('each protocol of a listener serves its clients, and no others', async t => {
  for (const [protocol, served] of [
    ['mixed', ['socks5', 'socks4']],
    ['socks', ['socks5', 'socks4']],
    ['http', []],
  ] as const) {
    for (const [name, sent] of [
      ['socks5', bytes(GREETING, byName('example.com'))],
      ['socks4', SOCKS4],
    ] as const) {
      const harness = await start(t, { protocol })
      const client = await harness.connect()
      client.socket.write(sent)
      const answer = await client.bytes(2)
      t.equal(answer[0], ANSWERS[protocol][name])
      if (served.some(each => each === name)) {
        await until('the race', () => harness.of('race').length === 1)
        t.match(harness.of('race'), [{ protocol: name, outcome: 'won' }])
      } else {
        const reply = name === 'socks4' ? 0x5b : undefined
        t.match(harness.of('rejected'), [
          { protocol: name, reply, reason: 'protocol', probe: false },
        ])
        t.same(harness.dialled, [])
      }
      client.socket.destroy()
    }
  }
})

t.test('no byte is lost, whatever comes with the first', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.write(bytes(GREETING, byName('example.com'), Buffer.from('early')))
  t.same(await client.bytes(12), bytes([5, 0], SUCCEEDED))
  await until('the early data', () => harness.origin[0]?.received().toString() === 'early')
  client.socket.destroy()
})

t.test('an HTTP client of a SOCKS listener gets an answer, and TLS is named', async t => {
  const harness = await start(t, { protocol: 'socks' })
  const http = await harness.connect()
  http.socket.write(CONNECT)
  t.match((await http.bytes(12)).toString(), /^HTTP\/1\.1 501/)
  const tls = await harness.connect()
  tls.socket.write(bytes([0x16, 3, 1, 0, 5]))
  await tls.over
  t.equal(tls.received().length, 0)
  t.match(harness.of('rejected'), [
    { protocol: 'http', reply: 501, reason: 'protocol', message: /HTTP client/, probe: false },
    { protocol: null, reason: 'protocol', message: /TLS client/, probe: false },
  ])
  http.socket.end()
})

t.test('a client that sends nothing is a probe, until the deadline', async t => {
  const harness = await start(t)
  const left = await harness.connect()
  left.socket.end()
  await left.over
  const silent = await harness.connect()
  await allArrived()
  harness.clock.advance(10_000)
  await silent.over
  t.match(harness.of('rejected'), [
    { protocol: null, reason: 'protocol', probe: true, message: /before it sent anything/ },
    { protocol: null, reason: 'timeout', probe: true, message: /nothing arrived/ },
  ])
})

t.test('a healthcheck of an HTTP listener is answered, and a probe', async t => {
  const harness = await start(t, { protocol: 'http' })
  const client = await harness.connect()
  client.socket.write(bytes([5, 2, 0, 2]))
  t.same(await client.bytes(2), bytes([5, 0xff]))
  t.match(harness.of('rejected'), [{ protocol: 'socks5', reason: 'protocol', probe: true }])
  client.socket.end()
})

t.test('before the first byte there is no answer to a race', async t => {
  const create = createClientProtocol(
    { protocol: 'mixed', verify: null },
    { clock: createHandClock(), waits: WAITS },
  )
  const protocol = create({} as Session)
  const end = { address: '192.0.2.1', port: 1 }
  t.equal(protocol.success(end, end), null)
  t.same(protocol.failure({ outcome: 'failed', code: 'ERR_BUG', message: '' }), {
    closing: 'close',
  })
})
