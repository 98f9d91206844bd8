import { once } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import { createNetwork } from '../../src/net/network.ts'
import { createRealClock } from '../../src/net/real-clock.ts'
import type { Connected } from '../../src/net/types.ts'
import { createTcpServer } from '../fixtures/tcp-server.ts'

const network = createNetwork({ clock: createRealClock() })

void t.test('a connection that nobody wants ends by a reset, and carries no byte', async t => {
  const server = await createTcpServer()
  const accepted = server.accepted()
  const { socket } = await new Promise<Connected<Socket>>((resolve, reject) => {
    network.connect({ address: '127.0.0.1', family: 4, port: server.port }, result => {
      if (result.ok) resolve(result)
      else reject(new Error(result.message))
    })
  })
  const peer = await accepted
  peer.resume()
  network.reset(socket)
  const [error] = (await once(peer, 'error')) as [NodeJS.ErrnoException]
  t.equal(error.code, 'ECONNRESET')
  t.equal(peer.bytesRead, 0)
  network.reset(socket)
  t.pass('a reset of what is over is nothing')
  await server.close()
})

void t.test('it knows the source addresses and the interfaces of this host', async t => {
  t.match(await network.source('127.0.0.1'), {
    address: '127.0.0.1',
    deprecated: false,
    prefixLength: 8,
  })
  t.match(await network.source('fe80::1%no-such-zone'), { address: null })
  t.match(await network.connectivity(), {
    ipv4: Boolean,
    ipv6: Boolean,
    preferredFamily: Number,
  })
})

void t.test('it knows when its addresses have changed, and which are unique local', async t => {
  t.type(network.epoch(), 'number')
  t.equal(network.epoch(), network.epoch(), 'nothing has changed meanwhile')
  t.ok(network.knownLocal().every(address => address.startsWith('fd')))
})

void t.test('it watches sockets for their first byte', async t => {
  const server = await createTcpServer()
  const accepted = server.accepted()
  const { socket } = await new Promise<Connected<Socket>>((resolve, reject) => {
    network.connect({ address: '127.0.0.1', family: 4, port: server.port }, result => {
      if (result.ok) resolve(result)
      else reject(new Error(result.message))
    })
  })
  const answered = new Promise<string>(resolve => void network.watch(socket, resolve))
  ;(await accepted).write('hello')
  t.equal(await answered, 'answered')
  socket.destroy()
  await server.close()
})

void t.test('a zone is an interface of this host or none', async t => {
  const code = await new Promise(resolve => {
    network.connect({ address: '::1%no-such-zone', family: 6, port: 9 }, result =>
      resolve(result.ok ? 'connected' : result.code),
    )
  })
  t.equal(code, 'ENETUNREACH')
})
