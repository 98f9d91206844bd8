import { once } from 'node:events'
import t from 'tap'
import { createRealClock } from '../../../src/net/host/real-clock.ts'
import { probeTls } from '../../../src/net/node/tls-probe.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { eventually } from '../../fixtures/in-parallel.ts'
import { httpsOrigin } from '../../fixtures/https-origin.ts'
import { unlessMissing } from '../../fixtures/programs.ts'
import { createTcpServer } from '../../fixtures/tcp-server.ts'

const clock = createRealClock()
const address = '127.0.0.1'

t.test('a handshake', { skip: unlessMissing('openssl') }, async t => {
  const { port, handshakes } = await httpsOrigin(t)
  const result = await probeTls({ address, port, servername: 'www.example.com' }, 10_000, clock)
  t.match(result, { connectMs: Number, tlsMs: Number, code: null })
  t.match(result.certificate, /SELF_SIGNED|UNABLE_TO_VERIFY/, 'it is reported, and no failure')
  await eventually(() => handshakes.length > 0)
  t.match(handshakes, [{ servername: 'www.example.com' }])
})

t.test('without TLS the connection is all', async t => {
  const server = await createTcpServer()
  t.teardown(() => server.close())
  const result = await probeTls({ address, port: server.port, servername: null }, 10_000, clock)
  t.match(result, { connectMs: Number, tlsMs: null, code: null, certificate: null })
})

t.test('a server that closes, and one that refuses', async t => {
  const server = await createTcpServer()
  const accepted = server.accepted()
  const closing = probeTls({ address, port: server.port, servername: 'a' }, 10_000, clock)
  ;(await accepted).end()
  const closed = await closing
  t.match(closed, { connectMs: Number, tlsMs: null, code: 'ECONNRESET' })
  await server.close()
  const refused = await probeTls({ address, port: server.port, servername: 'a' }, 10_000, clock)
  t.match(refused, { connectMs: null, code: 'ECONNREFUSED' })
})

t.test('the limit covers a handshake that hangs', async t => {
  const hand = createHandClock()
  const server = await createTcpServer()
  t.teardown(() => server.close())
  const accepted = server.accepted()
  const probing = probeTls({ address, port: server.port, servername: 'a' }, 4000, hand)
  await once(await accepted, 'data')
  hand.advance(4000)
  t.match(await probing, { connectMs: 0, tlsMs: null, code: 'ETIMEDOUT' })
})
