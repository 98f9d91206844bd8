import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { closeSocket, resetSocket } from '../../../src/pipe/stream/end-socket.ts'
import { receiveAll, socketPair, until } from '../../fixtures/socket-pair.ts'

t.test('a reset reaches the peer as one', async t => {
  const { outer, inner } = await socketPair(t)
  const seen = receiveAll(outer)
  resetSocket(inner)
  t.ok(inner.destroyed)
  t.equal((await seen).error, 'ECONNRESET')
  resetSocket(inner)
})

t.test('a socket whose FIN is on its way is closed, not left open by a refused reset', async t => {
  const { outer, inner } = await socketPair(t)
  inner.on('error', error => t.fail(error))
  const seen = receiveAll(outer)
  inner.end()
  resetSocket(inner)
  await once(inner, 'close')
  t.equal((await seen).error, null)
})

const openHandles = (): readonly string[] => process.getActiveResourcesInfo()

t.test('one whose write has failed, and that is not destroyed yet, is closed', async t => {
  for (const bytes of [1, 16 * 1024 * 1024]) {
    const { outer, inner } = await socketPair(t)
    outer.resetAndDestroy()
    await once(outer, 'close')
    let wasOpen = false
    inner.write(Buffer.alloc(bytes), error => {
      if (!error) return
      wasOpen = !inner.destroyed
      resetSocket(inner)
    })
    // A write that still succeeds is followed by one that cannot.
    inner.write('x', () => {})
    await until('no handle is left', () => inner.closed && !openHandles().includes('TCPSocketWrap'))
    t.ok(wasOpen)
  }
})

t.test('a UNIX socket is closed', async t => {
  const path = join(t.testdir(), 's')
  const server = createServer()
  server.listen(path)
  await once(server, 'listening')
  const outer = connect(path)
  const [inner] = (await once(server, 'connection')) as [Socket]
  server.close()
  const seen = receiveAll(outer)
  resetSocket(inner)
  t.ok(inner.destroyed)
  t.equal((await seen).error, null)
})

t.test('a close is FIN, but RST where bytes still wait', async t => {
  const quiet = await socketPair(t)
  const seen = receiveAll(quiet.outer)
  closeSocket(quiet.inner)
  t.same(await seen, { bytes: Buffer.alloc(0), error: null })

  const busy = await socketPair(t)
  busy.inner.write(Buffer.alloc(16 * 1024 * 1024))
  await until('backpressure', () => busy.inner.writableLength > 0)
  closeSocket(busy.inner)
  t.ok(busy.inner.destroyed)
  // Versions of Node differ in whether a reset behind unread bytes is told at once or at the next write.
  const { error } = await receiveAll(busy.outer)
  if (error !== null) {
    t.equal(error, 'ECONNRESET')
    return
  }
  const failed = new Promise(resolve => busy.outer.once('error', resolve))
  busy.outer.write('x')
  t.match(await failed, { code: /ECONNRESET|EPIPE/ })
})
