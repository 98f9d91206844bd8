import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Secure } from '../../../src/net/node/secure.ts'
import { createSecure } from '../../../src/net/node/secure.ts'
import { httpsOrigin } from '../../fixtures/https-origin.ts'
import { testLeavingNothing } from '../../fixtures/nothing-left.ts'

const open = async (port: number): Promise<Socket> => {
  const socket = connect({ host: '127.0.0.1', port, autoSelectFamily: false })
  await once(socket, 'connect')
  return socket
}

/** One handshake and one exchange; tells whether a session was resumed. */
const exchange = async (
  secure: Secure,
  { port, cert }: { port: number; cert: string },
  key: string,
  options: object = {},
): Promise<boolean> => {
  const socket = await open(port)
  const secured = secure(socket, { ca: cert, servername: 'www.example.com', ...options }, key)
  await once(secured, 'secureConnect')
  const isResumed = secured.isSessionReused()
  // The session comes with the first bytes.
  secured.write('GET / HTTP/1.1\r\nhost: www.example.com\r\nconnection: close\r\n\r\n')
  secured.resume()
  await once(secured, 'close')
  return isResumed
}

testLeavingNothing('sessions are resumed under the same key only', async (t, owner) => {
  const origin = await httpsOrigin(owner)
  const secure = createSecure()
  t.equal(await exchange(secure, origin, 'a'), false)
  t.equal(await exchange(secure, origin, 'a'), true)
  t.equal(await exchange(secure, origin, 'b'), false)
  const without = createSecure(0)
  t.equal(await exchange(without, origin, 'a'), false)
  t.equal(await exchange(without, origin, 'a'), false)
  const small = createSecure(1)
  t.equal(await exchange(small, origin, 'a'), false)
  t.equal(await exchange(small, origin, 'b'), false)
  t.equal(await exchange(small, origin, 'a'), false, 'the oldest had to go')
})

testLeavingNothing('a session is forgotten when its connection fails', async (t, owner) => {
  const origin = await httpsOrigin(owner)
  const secure = createSecure()
  await exchange(secure, origin, 'a')
  const socket = await open(origin.port)
  const failing = secure(socket, { ca: origin.cert, servername: 'www.example.com' }, 'a')
  const error = new Error('broken')
  const failed = new Promise(resolve => failing.once('error', resolve))
  const closed = new Promise(resolve => failing.once('close', resolve))
  failing.destroy(error)
  t.equal(await failed, error)
  await closed
  t.equal(socket.destroyed, true, 'the socket below goes with it')
  t.equal(await exchange(secure, origin, 'a'), false)
})
