import t from 'tap'
import { start } from '../../fixtures/listener-start.ts'

t.test('an HTTP client is answered in its own language', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.write('CONNECT example.com:443 HTTP/1.1\r\n\r\n')
  t.match((await client.bytes(12)).toString(), /^HTTP\/1\.1 501/)
  t.match(harness.of('rejected'), [{ protocol: 'http', reason: 'protocol', reply: 501 }])
  client.socket.end()
})
