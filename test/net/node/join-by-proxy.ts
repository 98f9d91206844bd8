import type { Socket } from 'node:net'
import { PassThrough, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import t from 'tap'
import { joinByProxy } from '../../../src/net/node/join-by-proxy.ts'
import { createConnectAnswer, encodeConnect } from '../../../src/wire/socks5/connect-request.ts'
import { within } from '../../fixtures/children.ts'
import { eventually } from '../../fixtures/in-parallel.ts'
import { hexOf } from '../../fixtures/socks-bytes.ts'
import { tcpTarget } from '../../fixtures/tcp-target.ts'

const CONNECTED = Buffer.from('050005000001000000000000', 'hex')
const target = { host: 'a.example', port: 22 }

/** Of SOCKS5. */
const asked = () => ({
  target,
  request: encodeConnect(target),
  takeAnswer: createConnectAnswer().read,
})

/** A proxy that sends the given answer once it has the whole request. */
const rig = async (t: Test, answer: Buffer, onRequest: (socket: Socket) => void = () => {}) => {
  let request = Buffer.alloc(0)
  const proxy = await tcpTarget(t, socket => {
    const onData = (data: Buffer): void => {
      request = Buffer.concat([request, data])
      if (request.length < 19) return
      socket.off('data', onData).pause()
      socket.write(answer)
      onRequest(socket)
    }
    socket.on('data', onData)
  })
  const input = new PassThrough()
  const output = new PassThrough()
  const { host, port } = proxy
  const ended = joinByProxy({ proxy: { host, port }, ...asked(), input, output })
  return { proxy, input, output, ended, request: () => request }
}

t.test('joins both ways until the target closes; the end of the input is a FIN', async t => {
  const { input, output, ended, request } = await rig(t, CONNECTED, socket => {
    socket.write('SSH-2.0 ')
    socket.pipe(socket, { end: false })
    socket.once('end', () => socket.end(' bye'))
  })
  input.end('hello')
  t.equal(await text(output), 'SSH-2.0 hello bye')
  await ended
  t.equal(hexOf(request()), '0501000501000309612e6578616d706c650016')
})

t.test('bytes behind the answer in one packet, and an answer in pieces', async t => {
  const { input, output, ended } = await rig(
    t,
    Buffer.concat([CONNECTED.subarray(0, 3)]),
    socket => {
      setTimeout(() => socket.end(Buffer.concat([CONNECTED.subarray(3), Buffer.from('early')])), 20)
    },
  )
  input.end()
  t.equal(await text(output), 'early')
  await ended
})

t.test('a target that cannot be reached', async t => {
  const refused = await rig(t, Buffer.from('050005050001000000000000', 'hex'))
  const { port } = refused.proxy
  await t.rejects(refused.ended, {
    code: 'ERR_RACE_FAILED',
    message: `cannot connect: a.example:22 through the proxy 127.0.0.1:${port}: the connection was refused`,
  })
  const closed = await rig(t, Buffer.from('05', 'hex'), socket => socket.end())
  await t.rejects(closed.ended, { code: 'ERR_SOCKS_MALFORMED', message: /the proxy closed/ })
  const { proxy, input, output } = closed
  proxy.server.close()
  const gone = { host: proxy.host, port: proxy.port }
  await t.rejects(joinByProxy({ proxy: gone, ...asked(), input, output }), { code: 'ECONNREFUSED' })
})

t.test('a connection that breaks is an error, a reader that has left is none', async t => {
  const broken = await rig(t, CONNECTED, socket => setTimeout(() => socket.resetAndDestroy(), 20))
  await t.rejects(broken.ended, {
    code: 'ECONNRESET',
    message: /^the connection broke: a\.example/,
  })
  const { proxy, input, ended, output } = await rig(t, CONNECTED, socket => socket.write('x'))
  output.once('data', () => output.destroy(new Error('EPIPE')))
  await ended
  input.end()
  t.type(output, Writable)
  t.ok(proxy.sockets.length > 0)
})

t.test('an input that breaks is an error, before and after the answer', async t => {
  for (const answer of [Buffer.alloc(0), CONNECTED]) {
    let onRequest = (): void => {}
    const requested = new Promise<void>(resolve => (onRequest = resolve))
    const { input, output, ended, proxy } = await rig(t, answer, socket => {
      if (answer.length > 0) socket.write('x')
      socket.once('end', () => socket.end()).resume()
      onRequest()
    })
    if (answer.length === 0) void requested.then(() => input.destroy(new Error('read EIO')))
    output.once('data', () => input.destroy(new Error('read EIO')))
    await t.rejects(within(10_000, 'it settles', ended), {
      message: /^the input broke: a\.example:22 through the proxy 127\.0\.0\.1:\d+: read EIO$/,
    })
    t.ok(await eventually(() => proxy.open() === 0), 'the connection is closed')
  }
})
