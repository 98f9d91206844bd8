import { createServer } from 'node:net'
import t from 'tap'
import { freePort } from '../../src/net/free-port.ts'

void t.test('a free port is one that can be listened on', async t => {
  for (const host of ['127.0.0.1', '::1']) {
    const port = await freePort(host)
    const server = createServer()
    await new Promise<void>(resolve => server.listen(port, host, resolve))
    server.close()
    t.ok(port > 0)
  }
})

void t.test('of an address that is not here there is none', async t => {
  await t.rejects(freePort('192.0.2.1'), { code: 'EADDRNOTAVAIL' })
})
