import { once } from 'node:events'
import t from 'tap'
import type { Test } from 'tap'
import { createRequestServer } from '../../../../src/listener/protocols/http/request-server.ts'
import {
  SocketStream,
  TargetStream,
} from '../../../../src/listener/protocols/http/socket-stream.ts'
import { allArrived } from '../../../fixtures/all-arrived.ts'
import { eventually } from '../../../fixtures/in-parallel.ts'
import { until, socketPair } from '../../../fixtures/socket-pair.ts'

const noRequest = {
  listener: 'test',
  onRequest: () => {},
  onMalformed: () => {},
  onDrain: () => {},
}

const clientStream = async (t: Test) => {
  const { outer, inner } = await socketPair(t)
  return { outer, stream: new SocketStream(inner, { wanted: () => {} }) }
}

t.test('a request and a response on a stream', async t => {
  const server = createRequestServer()
  const { outer, stream } = await clientStream(t)
  const malformed: string[] = []
  let body = ''
  const detach = server.attach(stream, {
    ...noRequest,
    onRequest: ({ request, response }) => {
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => response.end('done'))
      request.on('error', () => {})
    },
    onMalformed: code => malformed.push(code),
  })
  stream.push(Buffer.from('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n'))
  stream.push(Buffer.from('5\r\nhello\r\n0\r\n\r\n'))
  outer.resume()
  const [chunk] = (await once(outer, 'data')) as [Buffer]
  t.match(chunk.toString(), /^HTTP\/1.1 200 OK\r\n[^]*done$/)
  t.equal(body, 'hello')
  stream.push(Buffer.from('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n'))
  stream.push(Buffer.from('+5\r\n'))
  await until('the error', () => malformed.length > 0)
  t.match(malformed[0], /^HPE_/)
  detach()
  stream.destroy()
})

t.test('requests on the connection that was chosen for them', async t => {
  const server = createRequestServer()
  const pairs = [await socketPair(t), await socketPair(t)]
  const streams = pairs.map(({ inner }) => new TargetStream(inner, () => {}))
  const ask = (n: number, path: string) => {
    const stream = streams[n]
    if (!stream) throw new Error('no stream')
    // As `Upstream` does it.
    stream.isBusy = true
    const head = { method: 'GET', path, fields: ['X', 'y'], maxHeaderSize: 1024 }
    return server.send(stream, `key ${n}`, head)
  }
  for (const [n, path] of [
    [0, '/a'],
    [1, '/b'],
    [1, '/c'],
    [0, '/d'],
    [0, '/e'],
    [0, '/f'],
    [0, '/g'],
    [0, '/h'],
  ] as const) {
    const outer = pairs[n]?.outer
    const request = ask(n, path)
    request.end()
    outer?.resume()
    const [sent] = (await once(outer ?? request, 'data')) as [Buffer]
    t.match(sent.toString(), `GET ${path} HTTP/1.1\r\nX: y\r\n`)
    outer?.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream]
    response.resume()
    t.ok(await eventually(() => streams[n]?.isReusable() === true), 'it is idle again')
  }
  t.throws(() => ask(0, '/with space'), { code: 'ERR_UNESCAPED_CHARACTERS' })
  for (const stream of streams) {
    t.ok(stream.listenerCount('error') <= 4, 'no listeners add up')
    stream.destroy()
  }
})

t.test('a head is sent as it was given, and only when it is due', async t => {
  const server = createRequestServer()
  const { outer, inner } = await socketPair(t)
  const stream = new TargetStream(inner, () => {})
  let sent = ''
  outer.on('data', (chunk: Buffer) => (sent += chunk.toString('latin1'))).resume()
  const fields = [
    'Host',
    'a',
    'X',
    '1',
    'Expect',
    '100-continue',
    'x',
    '\xe9',
    'Content-Length',
    '4',
  ]
  const head = { method: 'pAtCh', path: '/', fields, maxHeaderSize: 1024 }
  const request = server.send(stream, 'key', head)
  request.on('error', () => {})
  await allArrived()
  t.equal(sent, '')
  request.flushHeaders()
  await until('the head', () => sent.endsWith('\r\n\r\n'))
  t.match(
    sent,
    /^pAtCh \/ HTTP\/1.1\r\nHost: a\r\nX: 1\r\nX: \xe9\r\nExpect: 100-continue\r\nContent-Length: 4\r\n/,
  )
  const other = new TargetStream((await socketPair(t)).inner, () => {})
  const bad = { ...head, fields: ['X', 'a\nb'] }
  t.throws(() => server.send(other, 'other key', bad), { code: 'ERR_INVALID_CHAR' })
  await allArrived()
  for (const each of [stream, other]) each.destroy()
})

t.test('a drain reaches every connection, and those that come later', async t => {
  const server = createRequestServer()
  const drained: string[] = []
  const attach = async (name: string) => {
    const { stream } = await clientStream(t)
    t.teardown(() => stream.destroy())
    return server.attach(stream, {
      ...noRequest,
      listener: `of ${name}`,
      onDrain: () => drained.push(name),
    })
  }
  await attach('a')
  const detach = await attach('b')
  detach()
  server.drainListeners(name => name !== 'of a')
  t.same(drained, [])
  server.drainListeners(name => name === 'of a')
  t.same(drained.splice(0), ['a'])
  await attach('b')
  t.same(drained, [])
  await attach('a')
  t.same(drained.splice(0), ['a'], 'a later one of that listener')
  server.drainListeners(() => false)
  await attach('a')
  t.same(drained, [], 'when it is back')
  server.drain()
  t.same(drained.splice(0), ['a', 'b', 'a', 'a'])
  await attach('c')
  t.same(drained, ['c'])
})
