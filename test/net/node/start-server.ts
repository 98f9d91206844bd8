import { createServer } from 'node:net'
import t from 'tap'
import { startServer } from '../../../src/net/node/start-server.ts'

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
