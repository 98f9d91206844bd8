import t from 'tap'
import { parseCidr } from '../../../../src/core/cidr.ts'
import { KEEP_ALIVE_MS } from '../../../../src/listener/protocols/http/connection-timer.ts'
import { rightLogin } from '../../../fixtures/accounts.ts'
import { allArrived } from '../../../fixtures/all-arrived.ts'
import {
  asked,
  heardAll,
  hears,
  requestTo,
  responseOf,
  textOf,
  eventsOf,
} from '../../../fixtures/http-talk.ts'
import { until } from '../../../fixtures/listener.ts'
import { start } from '../../../fixtures/listener-start.ts'

const URL = 'http://example.com/a?secret'

t.test('requests of one connection, to one target and to another', async t => {
  const harness = await start(t, {
    names: { 'example.com': { addresses: ['192.0.2.1'] }, other: { addresses: ['192.0.2.1'] } },
  })
  const client = await harness.connect()
  for (const n of [1, 2]) {
    client.socket.write(requestTo(URL))
    const origin = await asked(harness)
    await until('the request', () => textOf(origin).split('GET /a?secret').length === n + 1)
    origin.socket.write(responseOf(`answer ${n}`))
    await hears(client, new RegExp(`answer ${n}$`))
  }
  client.socket.write(requestTo('http://other/b'))
  const second = await asked(harness, 1)
  t.equal(harness.origin[0]?.ended, true, 'the connection to the first target is closed before')
  second.socket.write(responseOf('answer 3'))
  await hears(client, /answer 3$/)
  client.socket.end()
  await until('the close line', () => harness.of('close').length === 1)
  t.same(eventsOf(harness), ['race won', 'request', 'request', 'race won', 'request', 'close'])
  t.match(harness.of('request'), [
    { method: 'GET', path: '/a', status: 200, target: 'example.com:80', protocol: 'http' },
    { path: '/a' },
    { path: '/b', target: 'other:80' },
  ])
  const [close] = harness.of('close')
  t.match(close, { reason: 'eof', engine: 'stream', target: 'other:80' })
  t.equal(close?.bytesDown, client.received().length)
  t.equal(JSON.stringify(harness.of('request')).includes('secret'), false)
})

t.test('its bytes can be read once it has reached a target', async t => {
  const harness = await start(t, { names: { 'example.com': { addresses: ['192.0.2.1'] } } })
  const client = await harness.connect()
  const bytes = () => [...harness.sessions.all()].map(each => [each.bytesUp(), each.bytesDown()])
  const request = requestTo(URL)
  client.socket.write(request.slice(0, 5))
  await until('the session', () => harness.sessions.size() === 1)
  t.same(bytes(), [[0, 0]], 'it may still end without a close line')
  client.socket.write(request.slice(5))
  const origin = await asked(harness)
  origin.socket.write(responseOf('answer'))
  await hears(client, /answer$/)
  t.same(bytes(), [[request.length, client.received().length]])
})

t.test('a request byte by byte, and pipelined ones in their order', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.setNoDelay(true)
  const post = `${requestTo(URL, 'Content-Length: 4\r\n', 'POST')}body`
  for (const byte of Buffer.from(post)) client.socket.write(Buffer.of(byte))
  const origin = await asked(harness)
  t.match(
    await hears(origin, /\r\n\r\nbody$/),
    /^POST \/a\?secret HTTP\/1.1\r\nHost: example.com\r\n/,
  )
  client.socket.write(requestTo('http://example.com/2') + requestTo('http://example.com/3'))
  await allArrived()
  t.notMatch(textOf(origin), /GET/, 'one at a time')
  origin.socket.write(responseOf('one'))
  await hears(origin, /GET \/2/)
  t.notMatch(textOf(origin), /GET \/3/)
  origin.socket.write(responseOf('two'))
  await hears(origin, /GET \/3/)
  origin.socket.write(responseOf('three'))
  t.match(await hears(client, /three$/), /one[^]*two[^]*three$/)
  t.equal(harness.origin.length, 1)
})

t.test('a connection that is idle is closed after a minute', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.write(requestTo(URL))
  const origin = await asked(harness)
  origin.socket.write(responseOf('a'))
  await hears(client, /a$/)
  await until('the request line', () => harness.of('request').length === 1)
  harness.clock.advance(KEEP_ALIVE_MS - 1)
  await allArrived()
  t.equal(harness.of('close').length, 0)
  harness.clock.advance(1)
  t.equal((await heardAll(client)).over, 'end')
  await until('the close line', () => harness.of('close').length === 1)
  t.match(harness.of('close'), [{ reason: 'idle' }])
})

t.test('the head of a later request has the time of a handshake', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.write(requestTo(URL))
  const origin = await asked(harness)
  origin.socket.write(responseOf('a'))
  await hears(client, /a$/)
  await until('the request line', () => harness.of('request').length === 1)
  harness.clock.advance(30_000)
  client.socket.write('GET http://exa')
  await allArrived()
  harness.clock.advance(9999)
  client.socket.write('m')
  await allArrived()
  t.equal(harness.of('close').length, 0)
  harness.clock.advance(1)
  await heardAll(client)
  await until('the close line', () => harness.of('close').length === 1)
  t.match(harness.of('close'), [{ reason: 'idle' }])
})

t.test('a response that stands still ends by the idle timeout', async t => {
  const harness = await start(t, { waits: { idleTimeoutMs: 5000 } })
  const early = await harness.connect()
  early.socket.write(requestTo(URL))
  await asked(harness)
  harness.clock.advance(5000)
  t.match((await heardAll(early)).text, /^HTTP\/1.1 504 [^]*http_response_timeout/)
  const late = await harness.connect()
  late.socket.write(requestTo(URL))
  const origin = await asked(harness, 1)
  origin.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc')
  await hears(late, /abc$/)
  harness.clock.advance(4000)
  origin.socket.write('d')
  await hears(late, /abcd$/)
  harness.clock.advance(4000)
  t.equal(late.socket.readableEnded, false)
  harness.clock.advance(1000)
  t.match((await heardAll(late)).text, /abcd$/)
  await until('both close lines', () => harness.of('close').length === 2)
  t.match(harness.of('close'), [{ reason: 'idle' }, { reason: 'idle' }])
})

t.test('a race takes as long as it takes, and then the idle timeout begins', async t => {
  const waits = { idleTimeoutMs: 5000, halfCloseTimeoutMs: 1000 }
  for (const isEnded of [false, true]) {
    const limitMs = isEnded ? 1000 : 5000
    const harness = await start(t, { waits })
    const client = await harness.connect()
    client.socket.write(requestTo('http://slow/'))
    if (isEnded) client.socket.end()
    await until('the race', () => harness.dialled.length === 1)
    await allArrived()
    harness.clock.advance(20_500)
    harness.openGate()
    await asked(harness)
    harness.clock.advance(limitMs - 1)
    await allArrived()
    t.equal(textOf(client), '')
    harness.clock.advance(1)
    t.match((await heardAll(client)).text, /^HTTP\/1.1 504 [^]*http_response_timeout/)
    await until('the end', () => harness.sessions.size() === 0)
    t.same(eventsOf(harness), ['race won', 'request', 'close'])

    const lost = await start(t, { waits })
    const other = await lost.connect()
    other.socket.write(requestTo('http://slow/'))
    if (isEnded) other.socket.end()
    await until('the race', () => lost.dialled.length === 1)
    await allArrived()
    lost.clock.advance(30_000)
    t.match((await heardAll(other)).text, /^HTTP\/1.1 504 [^]*connection_timeout/)
    await until('the end', () => lost.sessions.size() === 0)
    t.same(eventsOf(lost), ['race failed'])
  }
})

t.test('the time after a FIN counts from the FIN', async t => {
  const harness = await start(t, { waits: { halfCloseTimeoutMs: 1000 } })
  const client = await harness.connect()
  client.socket.write(requestTo(URL))
  const origin = await asked(harness)
  harness.clock.advance(60_000)
  client.socket.end()
  await allArrived()
  harness.clock.advance(999)
  origin.socket.write(responseOf('late'))
  t.match((await heardAll(client)).text, /^HTTP\/1.1 200 [^]*late$/)
})

t.test('the close line has the user and the target of the last race that was won', async t => {
  const login = 'Proxy-Authorization: Basic ZXZlOmV2ZQ==\r\n'
  for (const [next, status, target] of [
    ['GET / HTTP/1.1\r\n\r\n', 400, null],
    ['no HTTP at all', 400, null],
    [requestTo('http://other.example/'), 407, 'other.example:80'],
    [requestTo('http://other.example/', login), 502, 'other.example:80'],
  ] as const) {
    const harness = await start(t, {
      verify: (_login, _client, settle) => {
        queueMicrotask(() => settle(rightLogin('eve')))
        return { leave: () => {}, isWaiting: () => false }
      },
    })
    const client = await harness.connect()
    client.socket.write(requestTo(URL, login))
    const origin = await asked(harness)
    origin.socket.write(responseOf('a'))
    await hears(client, /a$/)
    client.socket.write(next)
    t.match((await heardAll(client)).text, new RegExp(`aHTTP/1.1 ${status} `))
    await until('the end', () => harness.sessions.size() === 0)
    t.match(harness.of('close'), [{ user: 'eve', target: 'example.com:80' }], next)
    if (status !== 502) t.match(harness.of('rejected'), [{ user: null, target }], next)
  }
})

t.test('HEAD and CONNECT in other letters reach no target', async t => {
  const harness = await start(t)
  for (const method of ['Head', 'Connect', 'CoNNECT']) {
    const client = await harness.connect()
    client.socket.write(requestTo(URL, '', method) + requestTo(URL))
    t.match((await heardAll(client)).text, /^HTTP\/1.1 501 [^]*case-sensitive/, method)
  }
  await until('the end', () => harness.sessions.size() === 0)
  t.match(harness.of('rejected')[0], { reason: 'command', reply: 501 })
  t.same(harness.asked, [])
  const client = await harness.connect()
  client.socket.write(requestTo(URL) + requestTo(URL, '', 'head'))
  const origin = await asked(harness)
  origin.socket.write(responseOf('a'))
  t.match((await heardAll(client)).text, /aHTTP\/1.1 501 [^]*case-sensitive/)
  t.notMatch(textOf(origin), /head/i)
})

t.test('the first request has the rest of the time of the handshake', async t => {
  const harness = await start(t, { verify: () => ({ leave: () => {}, isWaiting: () => false }) })
  const client = await harness.connect()
  const request = requestTo(URL, 'Proxy-Authorization: Basic ZXZlOmV2ZQ==\r\n')
  client.socket.write(request.slice(0, -1))
  await allArrived()
  harness.clock.advance(9000)
  client.socket.write(request.slice(-1))
  await allArrived()
  harness.clock.advance(999)
  await allArrived()
  t.same(harness.of('rejected'), [])
  harness.clock.advance(1)
  t.equal((await heardAll(client)).text, '')
  await until('the end', () => harness.sessions.size() === 0)
  t.match(harness.of('rejected'), [
    { reason: 'timeout', message: /^the handshake timed out after 10000 ms/ },
  ])
})

t.test('the login of a later request counts from its first byte', async t => {
  let logins = 0
  const harness = await start(t, {
    verify: (_login, _client, settle) => {
      if (++logins === 1) queueMicrotask(() => settle(rightLogin('eve')))
      return { leave: () => {}, isWaiting: () => false }
    },
  })
  const client = await harness.connect()
  const request = requestTo(URL, 'Proxy-Authorization: Basic ZXZlOmV2ZQ==\r\n')
  client.socket.write(request)
  const origin = await asked(harness)
  origin.socket.write(responseOf('a'))
  await hears(client, /a$/)
  await until('the request line', () => harness.of('request').length === 1)
  client.socket.write(request.slice(0, -1))
  await allArrived()
  harness.clock.advance(9000)
  client.socket.write(request.slice(-1))
  await until('the second login', () => logins === 2)
  harness.clock.advance(1000)
  await heardAll(client)
  await until('the close line', () => harness.of('close').length === 1)
  t.match(harness.of('close'), [{ reason: 'idle' }])
})

t.test('a listener that is gone: its connections end when they are idle', async t => {
  const harness = await start(t)
  const [idle, busy] = [await harness.connect(), await harness.connect()]
  idle.socket.write(requestTo(URL))
  const first = await asked(harness)
  first.socket.write(responseOf('a'))
  await hears(idle, /a$/)
  await until('the request line', () => harness.of('request').length === 1)
  busy.socket.write(requestTo(URL))
  const second = await asked(harness, 1)
  harness.requestServer.drainListeners(name => name === 'test')
  t.match((await heardAll(idle)).text, /a$/)
  second.socket.write(responseOf('b'))
  t.match((await heardAll(busy)).text, /Connection: close[^]*b$/)
  await until('the end', () => harness.sessions.size() === 0)
  t.match(harness.of('close'), [{ reason: 'eof' }, { reason: 'eof' }])
})

t.test('a client that leaves', async t => {
  await t.test('in its race, by a reset', async t => {
    const harness = await start(t)
    const client = await harness.connect()
    client.socket.write(requestTo('http://slow/'))
    await until('the race', () => harness.dialled.length === 1)
    client.socket.resetAndDestroy()
    await until('the end', () => harness.sessions.size() === 0)
    t.same(harness.cancelled, ['192.0.2.3'])
    t.same(eventsOf(harness), ['race aborted'])
  })
  await t.test('by a FIN behind a whole request, which is answered', async t => {
    const chunked = 'Transfer-Encoding: chunked\r\n'
    for (const request of [
      requestTo('http://slow/'),
      `${requestTo('http://slow/', 'Content-Length: 3\r\n', 'POST')}abc`,
      `${requestTo('http://slow/', chunked, 'POST')}3\r\nabc\r\n0\r\n\r\n`,
      // More than `node:http` takes before there is a target.
      `${requestTo('http://slow/', chunked, 'POST')}${'1\r\na\r\n'.repeat(40_000)}0\r\n\r\n`,
    ]) {
      for (const when of ['at once', 'in the race'] as const) {
        const harness = await start(t)
        const client = await harness.connect()
        client.socket.write(request)
        if (when === 'at once') client.socket.end()
        await until('the race', () => harness.dialled.length === 1)
        client.socket.end()
        await allArrived()
        harness.openGate()
        const origin = await asked(harness)
        if (request.startsWith('POST')) await hears(origin, /\r\n\r\n[^]*abc|\r\n0\r\n\r\n$/)
        origin.socket.write(responseOf('late'))
        const { text } = await heardAll(client)
        t.match(text, /^HTTP\/1.1 200 [^]*late$/, `${request.slice(0, 80)} ${when}`)
        await until('the end', () => harness.sessions.size() === 0)
        t.match(harness.of('close'), [{ reason: 'eof' }])
      }
    }
  })
  await t.test('by a FIN in the middle of a chunked body, in its race', async t => {
    const harness = await start(t)
    const client = await harness.connect()
    const fields = 'Transfer-Encoding: chunked\r\n'
    client.socket.end(`${requestTo('http://slow/', fields, 'POST')}3\r\nabc\r\n`)
    await until('the end', () => harness.sessions.size() === 0)
    t.same(harness.origin, [])
    t.same(client.received().length, 0)
  })
  await t.test('with a request whose body is incomplete', async t => {
    const harness = await start(t)
    const client = await harness.connect()
    client.socket.write(`${requestTo(URL, 'Content-Length: 5\r\n', 'POST')}abc`)
    await asked(harness)
    client.socket.end()
    await until('the end', () => harness.sessions.size() === 0)
    t.match(harness.of('close'), [{ reason: 'client-reset' }])
  })
  await t.test('before its response: a FIN is a half-close, for a while', async t => {
    const harness = await start(t)
    const client = await harness.connect()
    client.socket.write(requestTo(URL))
    const origin = await asked(harness)
    client.socket.end()
    await allArrived()
    origin.socket.write(responseOf('late'))
    t.match((await heardAll(client)).text, /Connection: close[^]*late$/)
    await until('the end', () => harness.sessions.size() === 0)
    const other = await harness.connect()
    other.socket.write(requestTo(URL))
    await asked(harness, 1)
    other.socket.end()
    await allArrived()
    harness.clock.advance(60_000)
    t.match((await heardAll(other)).text, /^HTTP\/1.1 504/)
    await until('the end', () => harness.sessions.size() === 0)
    t.match(harness.of('close'), [{ reason: 'eof' }, { reason: 'half-close' }])
  })
  await t.test('while its response comes', async t => {
    const harness = await start(t)
    const client = await harness.connect()
    client.socket.write(requestTo(URL))
    const origin = await asked(harness)
    origin.socket.write('HTTP/1.1 200 OK\r\n\r\nabc')
    await hears(client, /abc/)
    client.socket.resetAndDestroy()
    await until('the end', () => harness.sessions.size() === 0)
    await until('the end at the origin', () => origin.ended || origin.socket.destroyed)
    t.match(harness.of('close'), [{ reason: 'client-reset' }])
  })
})

t.test('a refusal closes the connection, and is its only event', async t => {
  const deny = {
    action: 'deny',
    clients: null,
    users: null,
    to: [{ type: 'name', name: 'denied' }],
    ports: null,
  } as const
  const harness = await start(t, { rules: [deny], ownPort: 81 })
  const refusals: readonly (readonly [request: string, answer: RegExp, reason: string])[] = [
    [requestTo('http://denied/'), /^HTTP\/1.1 403 [^]*destination_ip_prohibited/, 'access'],
    [requestTo('http://example.com:81/'), /^HTTP\/1.1 403 [^]*proxy_loop_detected/, 'loop'],
    [requestTo('https://example.com/'), /^HTTP\/1.1 501 /, 'command'],
    [requestTo('/'), /^HTTP\/1.1 400 [^]*this is a proxy/, 'address'],
    [requestTo('*', '', 'OPTIONS'), /^HTTP\/1.1 400 [^]*this is a proxy/, 'address'],
    [requestTo('http://a b/'), /^HTTP\/1.1 400 /, 'protocol'],
    [requestTo(URL, 'Content-Length: 1\r\nContent-Length: 1\r\n'), /^HTTP\/1.1 400 /, 'protocol'],
  ]
  for (const [i, [request, answer, reason]] of refusals.entries()) {
    const client = await harness.connect()
    // What follows is read and discarded, so that the answer arrives.
    client.socket.write(request + 'x'.repeat(70_000))
    t.match((await heardAll(client)).text, answer, request)
    await until('the end', () => harness.sessions.size() === 0)
    t.match(harness.of('rejected')[i], { reason, protocol: 'http' })
  }
  t.equal(harness.of('rejected').length, refusals.length)
  t.equal(harness.events.length, 2 * refusals.length)
  t.same(harness.origin, [])
})

t.test('HEAD gets the head of a refusal', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.write(requestTo('http://192.0.2.2/', '', 'HEAD'))
  t.match((await heardAll(client)).text, /^HTTP\/1.1 502 [^]*Content-Length: \d+\r\n[^]*\r\n\r\n$/)
  const other = await harness.connect()
  other.socket.write(requestTo(URL, '', 'HEAD'))
  const origin = await asked(harness)
  origin.socket.write('HTTP/1.1 200 OK\r\n\r\n')
  await hears(other, /\r\n\r\n$/)
  other.socket.write('no HTTP at all')
  const { text } = await heardAll(other)
  t.match(
    text,
    /HTTP\/1.1 400 [^]*\r\n\r\nthe request head has byte/,
    'it holds for that request only',
  )
})

t.test('pipelined requests in front of a FIN are all served', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.end(requestTo(URL) + requestTo('http://example.com/2'))
  const origin = await asked(harness)
  await allArrived()
  origin.socket.write(responseOf('one'))
  await hears(origin, /GET \/2/)
  origin.socket.write(responseOf('two'))
  t.match((await heardAll(client)).text, /one[^]*Connection: close[^]*two$/)
})

t.test('a denied request behind a served one', async t => {
  const cidr = parseCidr('192.0.2.2/32')
  if (!cidr) throw new Error('no CIDR')
  const deny = {
    action: 'deny',
    clients: null,
    users: null,
    to: [{ type: 'cidr', cidr }],
    ports: null,
  } as const
  const harness = await start(t, { rules: [deny] })
  const client = await harness.connect()
  client.socket.write(requestTo(URL) + requestTo('http://192.0.2.2/'))
  const origin = await asked(harness)
  origin.socket.write(responseOf('ok'))
  const { text } = await heardAll(client)
  t.match(text, /^HTTP\/1.1 200 [^]*ok(?:HTTP\/1.1 403 )[^]*Connection: close/)
  await until('the end', () => harness.sessions.size() === 0)
  t.same(eventsOf(harness), ['race won', 'request', 'rejected', 'close'])
})

t.test('CONNECT behind another request is refused', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.write(requestTo(URL) + 'CONNECT example.com:443 HTTP/1.1\r\n\r\n')
  const origin = await asked(harness)
  origin.socket.write(responseOf('ok'))
  t.match((await heardAll(client)).text, /okHTTP\/1.1 400 [^]*CONNECT must be the first/)
})

t.test('a malformed body is answered, and reaches no target', async t => {
  const harness = await start(t)
  const chunked = requestTo(URL, 'Transfer-Encoding: chunked\r\n', 'POST')
  for (const body of [
    '+5\r\nhello\r\n',
    '0x5\r\nhello\r\n',
    '5\rhello\r\n',
    '5\r\nhelloX',
    '\r\n',
  ]) {
    const client = await harness.connect()
    client.socket.write(chunked + body)
    t.match((await heardAll(client)).text, /^HTTP\/1.1 400 [^]*malformed/, body)
  }
  await until('the end', () => harness.sessions.size() === 0)
  t.same(harness.dialled, [])
  t.match(harness.of('rejected')[0], { reason: 'protocol', reply: 400 })
  // The chunk may come later.
  const client = await harness.connect()
  client.socket.write(requestTo('http://slow/', 'Transfer-Encoding: chunked\r\n', 'POST'))
  await until('the race', () => harness.dialled.length === 1)
  client.socket.write('+5\r\nhello\r\n')
  t.match((await heardAll(client)).text, /^HTTP\/1.1 400 /)
  t.match(harness.of('race'), [{ outcome: 'aborted' }])
  t.same(harness.origin, [])
})

t.test('ended from outside', async t => {
  const harness = await start(t)
  const idle = await harness.connect()
  idle.socket.write(requestTo(URL))
  ;(await asked(harness)).socket.write(responseOf('a'))
  await hears(idle, /a$/)
  const racing = await harness.connect()
  racing.socket.write(requestTo('http://slow/'))
  await until('the race', () => harness.dialled.length === 2)
  const busy = await harness.connect()
  busy.socket.write(requestTo(URL))
  await asked(harness, 1)
  harness.sessions.endAll()
  await until('the end', () => harness.sessions.size() === 0)
  t.match(harness.of('close'), [{ reason: 'drain' }, { reason: 'drain' }])
  t.match(harness.of('race').at(-1), { outcome: 'aborted' })
})

t.test('a client that leaves with a part of its next request', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.end(`${requestTo(URL)}GET htt`)
  const origin = await asked(harness)
  origin.socket.write(responseOf('one'))
  await hears(client, /one$/)
  await client.over
  await until('the end', () => harness.sessions.size() === 0)
  t.match(harness.of('close'), [{ reason: 'eof' }], 'it waits for no deadline')
})
