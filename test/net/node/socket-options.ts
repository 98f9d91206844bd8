import type { Socket } from 'node:net'
import t from 'tap'
import { createConnect } from '../../../src/net/node/connect.ts'
import { createListen } from '../../../src/net/node/listen.ts'
import { SOCKET_OPTIONS } from '../../../src/net/node/socket-options.ts'

/** Promise.withResolvers, which Node 20 does not have. */
const deferred = <T>(): { promise: Promise<T>; resolve: (value: T) => void } => {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}

void t.test('accepted and connected sockets have them', async t => {
  const accepted = deferred<Socket>()
  const { address, close } = await createListen()(
    { type: 'tcp', host: '127.0.0.1', port: 0 },
    { onConnection: accepted.resolve },
  )
  t.teardown(close)
  if (address.type !== 'tcp') throw new Error('a TCP address was expected')
  const connected = deferred<Socket>()
  createConnect({ hasInterface: () => true })(
    { address: address.host, family: 4, port: address.port },
    result => {
      if (result.ok) connected.resolve(result.socket)
    },
  )
  for (const socket of await Promise.all([accepted.promise, connected.promise])) {
    t.equal(socket.allowHalfOpen, SOCKET_OPTIONS.allowHalfOpen)
    t.equal(socket.readableHighWaterMark, SOCKET_OPTIONS.highWaterMark)
    t.equal(socket.writableHighWaterMark, SOCKET_OPTIONS.highWaterMark)
    socket.destroy()
  }
})
