import { PassThrough } from 'node:stream'
import t from 'tap'
import type { ExchangeClient } from '../../../../src/listener/protocols/http/exchange-types.ts'
import {
  HEAD_DELAY_MS,
  INTERIM_MAX,
  startExchange,
} from '../../../../src/listener/protocols/http/exchange.ts'
import type { Incoming } from '../../../../src/listener/protocols/http/request-server.ts'
import { createRequestServer } from '../../../../src/listener/protocols/http/request-server.ts'
import { TargetStream } from '../../../../src/listener/protocols/http/socket-stream.ts'
import type { Upstream } from '../../../../src/listener/protocols/http/upstream.ts'
import { allArrived } from '../../../fixtures/all-arrived.ts'
import {
  asked,
  heardAll,
  hears,
  requestTo,
  responseOf,
  textOf,
} from '../../../fixtures/http-talk.ts'
import type { TestClient } from '../../../fixtures/listener.ts'
import { until } from '../../../fixtures/listener.ts'
import { createHandClock } from '../../../fixtures/hand-clock.ts'
import { start } from '../../../fixtures/listener-start.ts'
import { socketPair } from '../../../fixtures/socket-pair.ts'

const URL = 'http://example.com/'
const CHUNKED = requestTo(URL, 'Transfer-Encoding: chunked\r\n', 'POST')

/** Sends a request, lets the origin answer, and gives what the client hears until its connection ends. */
const talk = async (
  t: Parameters<typeof start>[0],
  request: string,
  answer: string,
  how: 'open' | 'end' | 'resetAndDestroy' = 'open',
): Promise<{ text: string; over: string; asked: string }> => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.write(request)
  const origin = await asked(harness)
  origin.socket.write(answer, () => {
    if (how !== 'open') setImmediate(() => origin.socket[how]())
  })
  const heard = await heardAll(client)
  await until('the end', () => harness.sessions.size() === 0)
  return { ...heard, asked: textOf(origin) }
}

const last = (fields = '', method = 'GET'): string =>
  requestTo(URL, `Connection: close\r\n${fields}`, method)

t.test('responses without a body', async t => {
  for (const status of ['204 No Content', '304 Not Modified']) {
    const { text } = await talk(t, last(), `HTTP/1.1 ${status}\r\nETag: "x"\r\n\r\n`)
    t.match(text, new RegExp(`^HTTP/1.1 ${status}\r\nETag: "x"\r\nVia: 1.1 eyeballd\r\n`))
    t.notMatch(text, /Transfer-Encoding|Content-Length/)
    t.match(text, /\r\n\r\n$/)
  }
  const { text, asked: request } = await talk(
    t,
    last('', 'HEAD'),
    'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n',
  )
  t.match(request, /^HEAD \/ HTTP\/1.1\r\n/)
  t.match(text, /^HTTP\/1.1 200 OK\r\nContent-Length: 1000\r\n[^]*\r\n\r\n$/)
})

t.test('a method reaches the target as it was sent', async t => {
  for (const method of ['Get', 'gET', 'Post', 'Brew', 'M-SEARCH', 'get']) {
    // The first byte of a connection has to be a capital letter.
    const first = /^[a-z]/.test(method) ? requestTo(URL) : ''
    const harness = await start(t)
    const client = await harness.connect()
    client.socket.write(first + last('', method))
    const origin = await asked(harness)
    if (first !== '') origin.socket.write(responseOf('one'))
    const sent = await hears(
      origin,
      new RegExp(`(?:^|\r\n\r\n)${method} / HTTP/1.1\r\n[^]*\r\n\r\n$`),
    )
    t.match(sent, /Content-Length: 0\r\n/, 'it may have a body, for all that anybody knows')
    origin.socket.write(responseOf('done'))
    t.match((await heardAll(client)).text, /done$/, method)
  }
})

t.test('Node may close a connection without a response or an error', async t => {
  const { outer, inner } = await socketPair(t)
  const stream = new TargetStream(inner, () => {})
  const failures: string[] = []
  const upstream = {
    open: (_target: unknown, settle: (opened: unknown) => void) =>
      settle({ ok: true, stream, key: 'key', isReused: false }),
    close: () => void stream.destroy(),
  } as unknown as Upstream
  const request = Object.assign(new PassThrough(), { complete: true })
  const response = Object.assign(new PassThrough(), { headersSent: false })
  // Node takes every response to CONNECT for a tunnel, and closes it if nobody listens for one.
  const head = {
    method: 'CONNECT',
    target: URL,
    version: '1.1',
    fields: [],
    bytes: Buffer.of(),
  } as const
  const target = { host: 'example.com', port: 80 }
  startExchange(
    { head, target, path: '/', framing: { type: 'none' } },
    { request, response } as unknown as Incoming,
    {
      clock: createHandClock(),
      server: createRequestServer(),
      upstream,
      client: { refuse: (why: string) => failures.push(why) } as unknown as ExchangeClient,
    },
  )
  outer.once('data', () => outer.write('HTTP/1.1 200 OK\r\n\r\n')).resume()
  await until('the failure', () => failures.length > 0)
  await allArrived()
  t.same(failures, ['terminated'])
})

t.test('responses that end by length, by chunks with trailers, and by close', async t => {
  const length = await talk(t, last(), responseOf('hello', 'X-A: 1\r\nx-a: 2\r\n'))
  t.match(length.text, /^HTTP\/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\nVia/)
  t.match(length.text, /\r\n\r\nhello$/)
  const head = 'HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n'
  const chunked = await talk(
    t,
    last(),
    `${head}5;ext=1\r\nhello\r\n0\r\nX-Sum: 5\r\nHost: x\r\n\r\n`,
  )
  t.match(chunked.text, /^HTTP\/1.1 200 Fine\r\n[^]*\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n$/)
  const closed = await talk(t, last(), 'HTTP/1.0 200 OK\r\n\r\nhello', 'end')
  t.match(closed.text, /Via: 1.0 eyeballd\r\n[^]*\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/)
})

t.test('a client of HTTP/1.0 gets no chunks', async t => {
  const request = `GET ${URL} HTTP/1.0\r\n\r\n`
  const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
  const { text, over, asked: sent } = await talk(t, request, `${head}5\r\nhello\r\n0\r\n\r\n`)
  t.match(text, /^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\nhello$/)
  t.notMatch(text, /Transfer-Encoding/)
  t.equal(over, 'end')
  t.match(sent, /\r\nVia: 1.0 eyeballd\r\n/)
})

t.test('a body that breaks off is never a whole response', async t => {
  const complete = /\r\n0\r\n\r\n$/
  for (const how of ['end', 'resetAndDestroy'] as const) {
    const sized = await talk(
      t,
      requestTo(URL),
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello',
      how,
    )
    t.match(sized.text, /Content-Length: 9[^]*\r\n\r\n(?:hello)?$/, how)
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
    const chunked = await talk(t, requestTo(URL), `${head}5\r\nhello\r\n`, how)
    t.notMatch(chunked.text, complete, how)
    const old = await talk(t, `GET ${URL} HTTP/1.0\r\n\r\n`, `${head}5\r\nhello\r\n`, how)
    t.equal(old.over, 'ECONNRESET', `without a length, by ${how}`)
  }
  const cut = await talk(t, requestTo(URL), 'HTTP/1.1 200 OK\r\n\r\nhello', 'resetAndDestroy')
  t.notMatch(cut.text, complete, 'a response that ends by close, and was reset')
  const old = await talk(
    t,
    `GET ${URL} HTTP/1.0\r\n\r\n`,
    'HTTP/1.1 200 OK\r\n\r\nhello',
    'resetAndDestroy',
  )
  t.equal(old.over, 'ECONNRESET')
})

t.test('a target without a valid response', async t => {
  const answers: readonly (readonly [string, 'open' | 'end' | 'resetAndDestroy'])[] = [
    ['', 'end'],
    ['', 'resetAndDestroy'],
    ['HTTP/1.1 200 OK\r\nX: y\r\n', 'end'],
    ['SSH-2.0-OpenSSH_9.9\r\n', 'open'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n', 'open'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n', 'open'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', 'open'],
    ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n', 'open'],
    ['HTTP/1.1 101 Switching Protocols\r\n\r\n', 'open'],
    ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n', 'open'],
    ['HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n\r\n', 'open'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n', 'open'],
    ['HTTP/1.1 099 Odd\r\n\r\n', 'open'],
    [`HTTP/1.1 200 OK\r\n${`X-Long: ${'x'.repeat(1000)}\r\n`.repeat(70)}`, 'open'],
    ['HTTP/1.1 102 Processing\r\n\r\n'.repeat(INTERIM_MAX + 1), 'open'],
  ]
  for (const [answer, how] of answers) {
    const { text } = await talk(t, requestTo(URL), answer, how)
    t.match(
      text.slice(-400),
      /HTTP\/1.1 502 [^]*Proxy-Status: eyeballd; error=/,
      answer.slice(0, 60),
    )
  }
})

t.test('a large head of a response is passed on whole', async t => {
  const fields = Array.from({ length: 500 }, (_, i) => `X-${i}: ${'y'.repeat(90)}\r\n`).join('')
  const { text } = await talk(t, last(), responseOf('ok', fields))
  t.match(text, /X-0: y[^]*X-499: y[^]*ok$/)
})

t.test('every byte of a field value is passed on', async t => {
  const sized = 'Content-Length: 2\r\n'
  const fields = 'X: \xc3\xa9\xe9\r\nContent-Disposition: attachment; filename="\xc3\xa9\xe9"\r\n'
  const read = /filename="\xc3\xa9\xe9"\r\n[^]*X: \xc3\xa9\xe9\r\n/
  for (const expect of ['', 'Expect: 100-continue\r\n']) {
    const harness = await start(t)
    const client = await harness.connect()
    client.socket.write(requestTo(URL, sized + fields + expect, 'PUT'), 'latin1')
    await until('the connection', () => harness.origin.length === 1)
    await allArrived()
    harness.clock.advance(HEAD_DELAY_MS)
    const origin = await asked(harness)
    t.match(textOf(origin), read, `the request ${expect}`)
    client.socket.write('ab')
    origin.socket.write(`HTTP/1.1 200 OK\r\n${sized}${fields}\r\n`, 'latin1')
    t.match(await hears(client, /\r\n\r\n/), read, 'the response')
    origin.socket.write('ok')
    await hears(client, /ok$/)
  }
})

t.test('no field is lost, however many there are', async t => {
  const many = 'X: a\r\n'.repeat(3000)
  const { text } = await talk(t, last(), responseOf('ok', `${many}X-Last: z\r\n`))
  t.match(text, /X-Last: z\r\n[^]*ok$/)
  t.equal(text.match(/^X: a\r$/gm)?.length, 3000)
  const coded = `HTTP/1.1 200 OK\r\n${many}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`
  t.match((await talk(t, requestTo(URL), coded)).text, /^HTTP\/1.1 502 /)
  const hop = responseOf('ok', `X-Hop: secret\r\n${many}Connection: x-hop\r\n`)
  t.notMatch((await talk(t, last(), hop)).text, 'secret')
  const trailer = `${CHUNKED}0\r\n${'Y: b\r\n'.repeat(1500)}Y-Last: c\r\n\r\n`
  const sent = await talk(t, trailer, responseOf('ok'))
  t.match(sent.asked, /Y-Last: c\r\n/)
})

t.test('a second answer is not passed on, nor used for the next request', async t => {
  for (const cut of ['together', 'apart'] as const) {
    const harness = await start(t)
    const client = await harness.connect()
    client.socket.write(requestTo(URL))
    const origin = await asked(harness)
    if (cut === 'together') origin.socket.write(responseOf('one') + responseOf('EVIL'))
    else {
      origin.socket.write(responseOf('one'))
      await hears(client, /one$/)
      origin.socket.write(responseOf('EVIL'))
    }
    await until('the end of that connection', () => origin.ended || origin.socket.destroyed)
    client.socket.write(requestTo(URL))
    const again = await asked(harness, 1)
    again.socket.write(responseOf('two'))
    t.notMatch(await hears(client, /two$/), /EVIL/, cut)
  }
})

t.test('interim responses reach a client of HTTP/1.1, and 100-continue goes both ways', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.write(requestTo(URL, 'Content-Length: 4\r\nExpect: 100-continue\r\n', 'POST'))
  const origin = await asked(harness)
  t.match(textOf(origin), /\r\nExpect: 100-continue\r\n[^]*\r\n\r\n$/)
  // RFC 9110 section 8.6: an interim response has no length.
  const hints = 'HTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\nLink: </a>\r\n\r\n'
  origin.socket.write(`HTTP/1.1 100 Continue\r\n\r\n${hints}`)
  const interim = await hears(client, /<\/a>[^]*\r\n\r\n$/)
  t.match(
    interim,
    /^HTTP\/1.1 100 Continue\r\nVia: 1.1 eyeballd\r\n\r\nHTTP\/1.1 103 Early Hints\r\nLink: /,
  )
  client.socket.write('body')
  await hears(origin, /body$/)
  origin.socket.write(responseOf('done'))
  await hears(client, /done$/)
  client.socket.write(requestTo(URL))
  await hears(origin, /GET/)

  const old = await talk(
    t,
    `GET ${URL} HTTP/1.0\r\n\r\n`,
    `HTTP/1.1 103 Early Hints\r\n\r\n${responseOf('x')}`,
  )
  t.match(old.text, /^HTTP\/1.1 200/)
})

t.test('a head waits for the first chunk also if the client expects 100 Continue', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  const fields = 'Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n'
  client.socket.write(requestTo(URL, fields, 'POST'))
  await until('the connection', () => harness.origin.length === 1)
  await allArrived()
  client.socket.write('+5\r\nhello\r\n')
  t.match((await heardAll(client)).text, /^HTTP\/1.1 400 /)
  t.same(harness.origin.map(textOf), [''])
})

t.test('a head goes out with its body, and waits no longer than so', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.write(CHUNKED)
  await until('the connection', () => harness.origin.length === 1)
  await allArrived()
  const [origin] = harness.origin
  if (!origin) throw new Error('no origin')
  t.equal(textOf(origin), '')
  harness.clock.advance(HEAD_DELAY_MS - 1)
  await allArrived()
  t.equal(textOf(origin), '')
  harness.clock.advance(1)
  t.match(await hears(origin, /\r\n\r\n/), /^POST \/ HTTP\/1.1\r\n[^]*Transfer-Encoding: chunked/)
  client.socket.write('5\r\nhello\r\n0\r\nX-Sum: 5\r\nHost: x\r\n\r\n')
  t.match(await hears(origin, /\r\n0\r\n/), /\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n$/)
  origin.socket.write(responseOf('ok'))
  t.match((await heardAll(client)).text, /Connection: close[^]*ok$/)
})

t.test('a response may begin before the end of the request', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.write(requestTo(URL, 'Content-Length: 10\r\n', 'POST') + 'hello')
  const origin = await asked(harness)
  origin.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nHELLO')
  await hears(client, /Connection: close\r\n[^]*HELLO$/)
  client.socket.write('world')
  await hears(origin, /helloworld$/)
  origin.socket.write('WORLD')
  t.match((await heardAll(client)).text, /HELLOWORLD$/)

  const refused = await talk(
    t,
    requestTo(URL, 'Content-Length: 1000000\r\n', 'POST') + 'x'.repeat(1000),
    'HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig',
  )
  t.match(refused.text, /^HTTP\/1.1 413 [^]*Connection: close[^]*big$/)
})

t.test(
  'a request on a connection that died meanwhile is sent once more, if that is safe',
  async t => {
    const cases: readonly (readonly [request: string, isRetried: boolean])[] = [
      [requestTo(URL), true],
      [requestTo(URL, '', 'DELETE'), true],
      [requestTo(URL, '', 'POST'), false],
      [requestTo(URL, 'Content-Length: 1\r\n', 'PUT') + 'x', false],
    ]
    for (const [request, isRetried] of cases) {
      const harness = await start(t)
      const client: TestClient = await harness.connect()
      client.socket.write(requestTo(URL))
      const origin = await asked(harness)
      origin.socket.write(responseOf('one'))
      await hears(client, /one$/)
      const before = textOf(origin).length
      client.socket.write(request)
      await until('the request', () => textOf(origin).length > before)
      origin.socket.resetAndDestroy()
      if (isRetried) {
        const again = await asked(harness, 1)
        t.match(textOf(again), request.split(' ')[0])
        again.socket.resetAndDestroy()
      }
      t.match((await heardAll(client)).text, /oneHTTP\/1.1 502 /, request)
      t.equal(harness.origin.length, isRetried ? 2 : 1, request)
    }
  },
)

t.test('who stands still decides the status', async t => {
  const waits = { idleTimeoutMs: 5000 }
  const whole = 'Content-Length: 4\r\n'
  const cases: readonly (readonly [request: string, interim: string, status: number])[] = [
    [`${requestTo(URL, whole, 'PUT')}ab`, '', 408],
    [`${CHUNKED}4\r\nab`, '', 408],
    [`${requestTo(URL, whole, 'PUT')}abcd`, '', 504],
    [requestTo(URL, `${whole}Expect: 100-continue\r\n`, 'PUT'), '', 504],
    [
      requestTo(URL, `${whole}Expect: 100-continue\r\n`, 'PUT'),
      'HTTP/1.1 100 Continue\r\n\r\n',
      408,
    ],
  ]
  for (const [request, interim, status] of cases) {
    const harness = await start(t, { waits })
    const client = await harness.connect()
    client.socket.write(request)
    const origin = await asked(harness)
    if (request.includes('ab')) await hears(origin, /\r\n\r\n[^]*ab/)
    if (interim !== '') {
      origin.socket.write(interim)
      await hears(client, /100 Continue[^]*\r\n\r\n/)
    }
    await allArrived()
    harness.clock.advance(5000)
    const { text } = await heardAll(client)
    t.match(
      text.split('\r\n\r\n').at(interim === '' ? 0 : 1),
      new RegExp(`^HTTP/1.1 ${status} `),
      request,
    )
    await until('the end', () => harness.sessions.size() === 0)
    t.match(harness.of('request'), [{ status }])
    t.match(harness.of('close'), [{ reason: 'idle' }])
  }
  const harness = await start(t, { waits })
  const client = await harness.connect()
  const size = 32 * 1024 * 1024
  client.socket.write(`${requestTo(URL, `Content-Length: ${size}\r\n`, 'PUT')}x`)
  const origin = await asked(harness)
  origin.socket.pause()
  client.socket.write(Buffer.alloc(size - 1))
  await allArrived()
  harness.clock.advance(5000)
  t.match((await heardAll(client)).text, /^HTTP\/1.1 504 /, 'the target takes no more')
})

t.test('a slow client stops the target, and a slow target the client', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.pause()
  client.socket.write(requestTo(URL))
  const origin = await asked(harness)
  const size = 32 * 1024 * 1024
  let isTaken = false
  origin.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
  origin.socket.write(Buffer.alloc(size), () => (isTaken = true))
  await allArrived()
  t.equal(isTaken, false)
  client.socket.resume()
  await until('all bytes', () => isTaken && client.received().length > size)
  origin.socket.pause()
  let isSent = false
  client.socket.write(requestTo(URL, `Content-Length: ${size}\r\n`, 'PUT'))
  client.socket.write(Buffer.alloc(size), () => (isSent = true))
  await allArrived()
  t.equal(isSent, false)
  origin.socket.resume()
  await until('all bytes of the request', () => isSent && origin.received().length > size)
})
