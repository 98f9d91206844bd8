import t from 'tap'
import { tryListen } from '../../../src/net/node/try-listen.ts'
import { createTcpServer } from '../../fixtures/tcp-server.ts'

t.test('a free address, and one that is taken', async t => {
  t.equal(await tryListen({ host: '127.0.0.1', port: 0 }), null)
  const server = await createTcpServer()
  t.equal(await tryListen({ host: '127.0.0.1', port: server.port }), 'EADDRINUSE')
  await server.close()
  t.equal(await tryListen({ host: '127.0.0.1', port: server.port }), null, 'and leaves it free')
  t.equal(await tryListen({ host: '127.0.0.1', port: server.port }), null)
})

t.test('an address of another host', async t => {
  t.equal(await tryListen({ host: '192.0.2.99', port: 0 }), 'EADDRNOTAVAIL')
})
