import { createServer } from 'node:net'
import t from 'tap'
import { probePort } from '../../../src/net/node/probe-port.ts'

void t.test('a port that can be had', async t => {
  for (const host of ['127.0.0.1', '::1']) {
    const port = await probePort(host, 0)
    t.ok(port > 0)
    t.equal(await probePort(host, port), port, 'and again')
    const server = createServer()
    await new Promise<void>(resolve => server.listen(port, host, resolve))
    await t.rejects(probePort(host, port), { code: 'EADDRINUSE' })
    server.close()
  }
})

void t.test('of an address that is not here there is none', async t => {
  await t.rejects(probePort('192.0.2.1', 0), { code: 'EADDRNOTAVAIL' })
})
