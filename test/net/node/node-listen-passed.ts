import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { createNodeListen } from '../../../src/net/node/node-listen.ts'
import { listenPassed } from '../../../src/net/node/node-listen-passed.ts'
import { bindNative } from '../../../src/net/native/bind.ts'
import { inspectPassed } from '../../../src/net/native/passed-socket.ts'
import { nativeTest } from '../../fixtures/native-test.ts'

nativeTest('Node serves a passed socket, which stays open', async (t, libc, defer) => {
  const fd = bindNative(libc, { type: 'tcp', host: '127.0.0.1', port: 0 })
  defer(() => libc.close(fd))
  const found = inspectPassed(libc, fd)
  if (!found.ok || found.address.type !== 'tcp') throw new Error('no socket')
  const { address } = found
  const listen = createNodeListen()
  const accepted: Socket[] = []
  for (const round of [1, 2]) {
    const client = connect(address.port, address.host)
    await once(client, 'connect')
    const bound = await listen(address, { onConnection: socket => void accepted.push(socket) })
    t.same(bound.address, address)
    while (accepted.length < round) await new Promise(resolve => setImmediate(resolve))
    t.ok(accepted.at(-1)?.isPaused(), 'it waited, and is served')
    await bound.close()
    client.destroy()
    accepted.at(-1)?.destroy()
  }
})

nativeTest('without the C library, or a descriptor, it is an error', async (t, libc) => {
  const server = createServer()
  const address = { type: 'tcp', host: '127.0.0.1', port: 1, passed: 9999 } as const
  const none = { ok: false, reason: 'no koffi' } as const
  await t.rejects(listenPassed(server, address, none), {
    code: 'ERR_ENGINE',
    message: 'a passed socket needs the C library: no koffi',
  })
  await t.rejects(listenPassed(server, address, { ok: true, libc }), { code: 'EBADF' })
  t.equal(server.address(), null)
})
