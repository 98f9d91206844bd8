import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { bindNative } from '../../../src/net/native/bind.ts'
import { startOwnServer, startServer } from '../../../src/net/node/start-server.ts'
import { nativeTest } from '../../fixtures/native-test.ts'

void t.test('resolves when it listens, and leaves no listener behind', async t => {
  const server = createServer()
  await startServer(server, { host: '127.0.0.1', port: 0 })
  t.equal(server.listening, true)
  t.equal(server.listenerCount('error'), 0)
  server.close()
})

void t.test("rejects with the system's error", async t => {
  const server = createServer()
  await t.rejects(startServer(server, { host: '203.0.113.1', port: 0 }), { code: 'EADDRNOTAVAIL' })
})

nativeTest('a server takes a socket of this process', async (t, libc, defer) => {
  const server = createServer()
  defer(() => new Promise(resolve => server.close(resolve)))
  await startOwnServer(server, bindNative(libc, { type: 'tcp', host: '127.0.0.1', port: 0 }))
  t.ok((server.address() as AddressInfo).port > 0)
  t.equal(server.listenerCount('error'), 0)
})
