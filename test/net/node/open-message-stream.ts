import type { Socket } from 'node:net'
import type { Test } from 'tap'
import t from 'tap'
import { createOpenMessageStream } from '../../../src/net/node/open-message-stream.ts'
import { createFrameReader, encodeFrame } from '../../../src/wire/dns/frames.ts'
import { openDescriptors } from '../../fixtures/process-figures.ts'
import { until } from '../../fixtures/socket-pair.ts'
import { tcpTarget } from '../../fixtures/tcp-target.ts'

const serverOn = async (t: Test, onMessage: (socket: Socket, text: string) => void) => {
  const sockets: Socket[] = []
  const target = await tcpTarget(t, socket => {
    sockets.push(socket)
    const read = createFrameReader()
    socket.on('data', (bytes: Buffer) => {
      for (const each of read(bytes)) onMessage(socket, Buffer.from(each).toString())
    })
  })
  return { sockets, endpoint: { address: target.host, family: 4, port: target.port } as const }
}

const opened = (
  endpoint: Parameters<ReturnType<typeof createOpenMessageStream>>[0],
  idleTimeoutMs?: number,
) => {
  const messages: string[] = []
  const ends: (string | null)[] = []
  const stream = createOpenMessageStream(name => name === 'lo', idleTimeoutMs)(endpoint, {
    message: bytes => messages.push(Buffer.from(bytes).toString()),
    closed: code => ends.push(code),
  })
  return { ...stream, messages, ends }
}

t.test('several messages on one connection, answered in any order and cut anywhere', async t => {
  const asked: string[] = []
  const { sockets, endpoint } = await serverOn(t, (socket, text) => {
    asked.push(text)
    if (asked.length < 3) return
    const answers = Buffer.concat(asked.toReversed().map(each => encodeFrame(Buffer.from(each))))
    for (const byte of answers) socket.write(Buffer.of(byte))
  })
  const stream = opened(endpoint)
  t.teardown(stream.close)
  for (const text of ['one', 'two', 'three']) stream.send(Buffer.from(text))
  await until('messages come', () => stream.messages.length === 3)
  t.same(stream.messages, ['three', 'two', 'one'])
  t.equal(sockets.length, 1)
  t.same(stream.ends, [])
})

t.test('the stream closes with the other side, with a code', async t => {
  const { sockets, endpoint } = await serverOn(t, () => {})
  const ended = opened(endpoint)
  await until('a connection comes', () => sockets.length === 1)
  sockets[0]?.end()
  await until('it ends', () => ended.ends.length > 0)
  t.same(ended.ends, [null])
  const reset = opened(endpoint)
  await until('a connection comes', () => sockets.length === 2)
  sockets[1]?.resetAndDestroy()
  await until('it ends', () => reset.ends.length > 0)
  t.same(reset.ends, ['ECONNRESET'])
  reset.send(Buffer.from('nobody minds'))
})

t.test('nobody listens, or there is no such zone', async t => {
  const { endpoint } = await serverOn(t, () => {})
  const refused = opened({ ...endpoint, address: '127.9.9.9' })
  const zone = opened({ address: 'fe80::53%no-such-zone', family: 6, port: 53 })
  t.same(zone.ends, [], 'not before it has returned')
  await until('it ends', () => refused.ends.length > 0 && zone.ends.length > 0)
  t.same(refused.ends, ['ECONNREFUSED'])
  t.same(zone.ends, ['ENETUNREACH'])
})

t.test('an idle stream closes after its timeout, a busy one does not', async t => {
  const { sockets, endpoint } = await serverOn(t, (socket, text) => {
    socket.write(encodeFrame(Buffer.from(text)))
  })
  const busy = opened(endpoint, 20)
  t.teardown(busy.close)
  const idle = opened(endpoint, 20)
  for (const stream of [busy, idle]) stream.send(Buffer.from('hello'))
  await until('messages come', () => busy.messages.length === 1 && idle.messages.length === 1)
  idle.busy(false)
  await until('it ends', () => idle.ends.length > 0)
  t.same(idle.ends, [null])
  busy.busy(false)
  busy.busy(true)
  const second = opened(endpoint, 20)
  second.busy(false)
  await until('it ends', () => second.ends.length > 0)
  t.same(busy.ends, [], 'though another one was idle for as long')
  t.equal(sockets.length, 3)
})

t.test('it is closed when close returns, and calls nothing after it', async t => {
  const { sockets, endpoint } = await serverOn(t, () => {})
  const stream = opened(endpoint)
  stream.send(Buffer.from('hello'))
  await until('a connection comes', () => sockets.length === 1)
  const before = openDescriptors(process.pid)
  stream.close()
  t.equal(openDescriptors(process.pid), before - 1)
  let gone = false
  sockets[0]?.once('end', () => (gone = true))
  await until('the other end is closed', () => gone)
  t.same(stream.ends, [])
})
