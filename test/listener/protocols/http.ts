import t from 'tap'
import type { AccessRule } from '../../../src/access/types.ts'
import type { LoginVerdict, VerifyLogin } from '../../../src/auth/create-verify-login.ts'
import { parseCidr } from '../../../src/core/cidr.ts'
import { rightLogin } from '../../fixtures/accounts.ts'
import { allArrived } from '../../fixtures/all-arrived.ts'
import type { Harness, TestClient } from '../../fixtures/listener.ts'
import { until } from '../../fixtures/listener.ts'
import { start } from '../../fixtures/listener-start.ts'

const connectTo = (target: string, fields = ''): string =>
  `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${fields}\r\n`

const CONNECT = connectTo('example.com:443')
const SLOW = connectTo('slow:443')

const CONNECTED =
  'HTTP/1.1 200 Connection established\r\nProxy-Status: eyeballd; next-hop="192.0.2.1:443"\r\n\r\n'

const basic = (login: string): string =>
  `Proxy-Authorization: Basic ${Buffer.from(login).toString('base64')}\r\n`

const text = ({ received }: TestClient): string => received().toString('latin1')

/** Waits for the whole answer to a client that is refused, and closes the client. */
const answerTo = async (client: TestClient): Promise<string> => {
  await client.over
  client.socket.end()
  return text(client)
}

t.test('a tunnel from CONNECT to close', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.write(CONNECT)
  t.equal((await client.bytes(CONNECTED.length)).toString(), CONNECTED)
  client.socket.write('up')
  await until('bytes at the origin', () => harness.origin[0]?.received().toString() === 'up')
  harness.origin[0]?.socket.end('down!')
  t.equal((await client.bytes(CONNECTED.length + 5)).subarray(-5).toString(), 'down!')
  client.socket.end()
  await until('the close line', () => harness.of('close').length === 1)
  const facts = { protocol: 'http', user: null, target: 'example.com:443' }
  t.match(harness.of('race'), [{ ...facts, outcome: 'won', reply: 200 }])
  t.match(harness.of('close'), [{ ...facts, bytesUp: 2, bytesDown: 5, reason: 'eof' }])
  t.equal(harness.events.length, 3)
})

t.test('no answer before the race is won, and early data once, in order', async t => {
  for (const protocol of ['mixed', 'http'] as const) {
    for (const cut of ['together', 'apart', 'byte by byte'] as const) {
      const harness = await start(t, { protocol })
      const client = await harness.connect()
      client.socket.setNoDelay(true)
      if (cut === 'together') client.socket.write(`${SLOW}early `)
      else if (cut === 'apart') {
        client.socket.write(SLOW)
        await until('the race', () => harness.dialled.length === 1)
        client.socket.write('early ')
      } else {
        for (const byte of Buffer.from(`${SLOW}early `)) {
          client.socket.write(Buffer.of(byte))
          await new Promise(resolve => setImmediate(resolve))
        }
      }
      await until('the race', () => harness.dialled.length === 1)
      await allArrived()
      t.equal(text(client), '', `${protocol}, ${cut}: nothing yet`)
      harness.openGate()
      await client.bytes(CONNECTED.length)
      client.socket.write('and late')
      const sent = 'early and late'
      await until('the data', () => harness.origin[0]?.received().toString() === sent)
      client.socket.end()
      harness.origin[0]?.socket.end()
      await until('the close line', () => harness.of('close').length === 1)
      t.match(harness.of('close'), [{ bytesUp: sent.length, reason: 'eof' }])
    }
  }
})

t.test('64 KiB and more behind the head reach the target whole', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  const sent = Buffer.alloc(1024 * 1024, 'abcdefghijk')
  client.socket.write(Buffer.concat([Buffer.from(SLOW), sent]))
  await until('the race', () => harness.dialled.length === 1)
  harness.openGate()
  client.socket.end()
  await until('the FIN', () => harness.origin[0]?.ended === true)
  t.ok(harness.origin[0]?.received().equals(sent))
  harness.origin[0]?.socket.end()
  await client.over
})

t.test('the answer of each failure: status and Proxy-Status', async t => {
  const attempts: readonly [code: string, status: number, error: string][] = [
    ['EACCES', 403, 'destination_ip_prohibited'],
    ['ENETUNREACH', 502, 'destination_ip_unroutable'],
    ['EADDRNOTAVAIL', 502, 'destination_ip_unroutable'],
    ['EHOSTUNREACH', 502, 'destination_ip_unroutable'],
    ['ECONNREFUSED', 502, 'connection_refused'],
    ['ECONNRESET', 502, 'connection_terminated'],
    ['ETIMEDOUT', 504, 'connection_timeout'],
    ['EMFILE', 502, 'proxy_internal_error'],
  ]
  for (const [code, status, error] of attempts) {
    const harness = await start(t, { routes: { '192.0.2.1': code } })
    const client = await harness.connect()
    client.socket.write(CONNECT)
    const answer = await answerTo(client)
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), code)
    t.match(answer, `\r\nProxy-Status: eyeballd; error=${error}\r\n`, code)
    t.match(answer, '\r\nConnection: close\r\n')
    t.match(harness.of('race'), [{ outcome: 'failed', reply: status, error: { code } }])
  }
  const lookups = [
    ['ENOTFOUND', 502, 'dns_error; rcode="NXDOMAIN"'],
    ['ENODATA', 502, 'dns_error; rcode="NOERROR"'],
    ['ESERVFAIL', 502, 'dns_error; rcode="SERVFAIL"'],
    ['ETIMEDOUT', 504, 'dns_timeout'],
    ['ECONNREFUSED', 502, 'dns_error'],
  ] as const
  for (const [code, status, error] of lookups) {
    const harness = await start(t, { names: { 'example.com': { code } } })
    const client = await harness.connect()
    client.socket.write(CONNECT)
    const answer = await answerTo(client)
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), code)
    t.match(answer, `\r\nProxy-Status: eyeballd; error=${error}\r\n`, code)
    t.match(harness.of('race'), [{ outcome: 'failed', reply: status }])
  }
})

t.test('a race that reaches its deadline is 504', async t => {
  const harness = await start(t, { routes: {} })
  const client = await harness.connect()
  client.socket.write(CONNECT)
  await until('the race', () => harness.dialled.length === 1)
  harness.clock.advance(30_000)
  t.match(await answerTo(client), /^HTTP\/1\.1 504 [^]*error=connection_timeout\r\n/)
})

t.test('denied by a rule for the name, by one for the address, and a loop: 403', async t => {
  const cidr = parseCidr('192.0.2.0/24')
  if (!cidr) throw new Error('no prefix')
  const rules = (
    [
      { type: 'name', name: 'blocked.example' },
      { type: 'cidr', cidr },
    ] as const
  ).map((to): AccessRule => ({ action: 'deny', clients: null, users: null, to: [to], ports: null }))
  const cases = [
    ['blocked.example:443', 'destination_ip_prohibited', 'access'],
    ['example.com:443', 'destination_ip_prohibited', 'access'],
    ['198.51.100.1:7', 'proxy_loop_detected', 'loop'],
  ] as const
  for (const [target, error, reason] of cases) {
    const harness = await start(t, { rules, ownPort: 7 })
    const client = await harness.connect()
    client.socket.write(connectTo(target))
    const answer = await answerTo(client)
    t.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/, target)
    t.match(answer, `\r\nProxy-Status: eyeballd; error=${error}\r\n`)
    t.match(harness.of('rejected'), [{ protocol: 'http', reason, reply: 403, target }])
    t.equal(harness.events.length, 2)
  }
})

t.test('only a client on this host gets addresses of attempts', async t => {
  for (const [clientAddress, isTold] of [
    ['127.0.0.1', true],
    ['203.0.113.5', false],
  ] as const) {
    const routes = { '192.0.2.1': 'ECONNREFUSED' }
    const harness = await start(t, { routes, clientAddress })
    const client = await harness.connect()
    client.socket.write(CONNECT)
    const answer = await answerTo(client)
    t.equal(answer.includes('192.0.2.1'), isTold, clientAddress)
    t.match(answer, /\r\nProxy-Status: eyeballd; error=connection_refused\r\n/)
    t.match(harness.of('race'), [{ error: { message: /192\.0\.2\.1/ } }], 'the log has it')
  }
})

t.test('a request that is no CONNECT to host and port', async t => {
  const cases: readonly [sent: string, status: number, reason: string][] = [
    ['CONNECT example.com HTTP/1.1\r\n\r\n', 400, 'address'],
    ['CONNECT example.com:0 HTTP/1.1\r\n\r\n', 400, 'address'],
    ['CONNECT exa%mple.com:1 HTTP/1.1\r\n\r\n', 400, 'address'],
    ['CONNECT u:secret@example.com:1 HTTP/1.1\r\n\r\n', 400, 'address'],
    [connectTo('example.com:443', 'Content-Length: 5\r\n'), 400, 'protocol'],
    [connectTo('example.com:443', 'Transfer-Encoding: chunked\r\n'), 400, 'protocol'],
    ['GET example.com:443 HTTP/1.1\r\n\r\n', 405, 'command'],
    ['GET https://example.com/ HTTP/1.1\r\n\r\n', 501, 'command'],
    ['GET / HTTP/1.1\r\nHost: example.com\r\n\r\n', 400, 'address'],
    ['OPTIONS * HTTP/1.1\r\n\r\n', 400, 'address'],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, 'protocol'],
    ['A\0', 400, 'protocol'],
    [`CONNECT a:1 HTTP/1.1\r\nX: ${'a'.repeat(16_384)}`, 431, 'protocol'],
    [`CONNECT a:1 HTTP/1.1\r\n${'a:\r\n'.repeat(101)}`, 431, 'protocol'],
  ]
  for (const [sent, status, reason] of cases) {
    const harness = await start(t)
    const client = await harness.connect()
    client.socket.write(sent)
    const answer = await answerTo(client)
    const name = JSON.stringify(sent.slice(0, 60))
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), name)
    t.match(answer, '\r\nProxy-Status: eyeballd; error=http_request_error\r\n')
    t.equal(answer.includes('\r\nAllow: CONNECT\r\n'), status === 405)
    t.match(
      harness.of('rejected'),
      [{ protocol: 'http', reason, reply: status, probe: false }],
      name,
    )
    t.notMatch(JSON.stringify(harness.events), /secret/)
    t.equal(harness.events.length, 2)
    t.same(harness.asked, [], 'nothing was looked up')
  }
})

t.test('the answer survives bytes that nobody has read', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.write(
    Buffer.concat([Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(512 * 1024)]),
  )
  t.equal(await client.over, 'end', 'FIN, not RST')
  t.match(text(client), /^HTTP\/1\.1 400 [^]*this is a proxy/)
  client.socket.end()
})

t.test('one deadline for the head, however it trickles in', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  for (let i = 0; i < 19; i++) {
    client.socket.write(CONNECT.charAt(i))
    await new Promise(resolve => setTimeout(resolve, 2))
    harness.clock.advance(500)
  }
  t.equal(harness.of('rejected').length, 0)
  harness.clock.advance(500)
  t.match(harness.of('rejected'), [
    { reason: 'timeout', probe: false, message: /request was awaited/ },
  ])
  await client.over
})

t.test('a client that leaves: in the head, and during the race', async t => {
  for (const leave of [
    (client: TestClient) => void client.socket.end(),
    (client: TestClient) => void client.socket.resetAndDestroy(),
  ]) {
    const harness = await start(t)
    const half = await harness.connect()
    half.socket.write(CONNECT.slice(0, 20))
    await allArrived()
    leave(half)
    await until('the event', () => harness.of('rejected').length === 1)
    t.match(harness.of('rejected'), [{ reason: 'protocol', message: /^the client left/ }])
    const racing = await harness.connect()
    racing.socket.write(SLOW)
    await until('the race', () => harness.dialled.length === 1)
    leave(racing)
    await until('the event', () => harness.of('race').length === 1)
    t.match(harness.of('race'), [{ outcome: 'aborted', reply: null }])
    await until('the end', () => harness.sessions.size() === 0)
    t.equal(text(racing), '')
  }
})

t.test('a FIN behind early data is half-close', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.end(`${SLOW}all I have to say`)
  await until('the race', () => harness.dialled.length === 1)
  harness.openGate()
  await until('the FIN', () => harness.origin[0]?.ended === true)
  t.equal(harness.origin[0]?.received().toString(), 'all I have to say')
  harness.origin[0]?.socket.end('the answer')
  await client.over
  t.match(text(client), /the answer$/)
})

const WRONG: LoginVerdict = { ok: false, code: 'wrong' }

/** Verifies on request. */
const byHand = () => {
  const settles: ((verdict: LoginVerdict) => void)[] = []
  const logins: string[] = []
  let left = 0
  let isWaiting = false
  const verify: VerifyLogin = ({ user, password }, _client, settle) => {
    logins.push([user, password].map(each => Buffer.from(each).toString()).join(' '))
    settles.push(settle)
    return { leave: () => void left++, isWaiting: () => isWaiting }
  }
  return {
    verify,
    logins,
    left: () => left,
    queue: () => {
      isWaiting = true
    },
    settle: (verdict: LoginVerdict) => settles.shift()?.(verdict),
  }
}

const loginOf = async (
  harness: Harness,
  rest = '',
  login = 'eve:secret:x',
): Promise<TestClient> => {
  const client = await harness.connect()
  client.socket.write(connectTo('example.com:443', basic(login)) + rest)
  return client
}

t.test('RFC 7617: a right login, and what follows it meanwhile', async t => {
  const hand = byHand()
  const harness = await start(t, { verify: hand.verify })
  const client = await loginOf(harness, 'early ')
  await until('the verification', () => hand.logins.length === 1)
  t.same(hand.logins, ['eve secret:x'], 'the first colon ends the user')
  client.socket.write('data')
  await allArrived()
  t.equal(text(client), '')
  t.same(harness.asked, [], 'nothing is looked up before')
  hand.settle(rightLogin('eve'))
  await client.bytes(CONNECTED.length)
  await until('the data', () => harness.origin[0]?.received().toString() === 'early data')
  t.match(harness.of('race'), [{ user: 'eve', outcome: 'won', reply: 200 }])
  t.notMatch(harness.origin[0]?.received().toString() ?? '', /Proxy-Authorization/i)
  t.notMatch(JSON.stringify(harness.events), /secret|c2Vjcm/)
  client.socket.destroy()
})

t.test('more than 64 KiB during a verification wait in the client, and none is lost', async t => {
  const hand = byHand()
  const harness = await start(t, { verify: hand.verify })
  const sent = 'x'.repeat(4 * 1024 * 1024)
  const client = await loginOf(harness, sent)
  await until('the verification', () => hand.logins.length === 1)
  await allArrived()
  t.ok(client.socket.writableLength > 0, 'the client could not send it all')
  hand.settle(rightLogin('eve'))
  await until('the data', () => harness.origin[0]?.received().length === sent.length)
  client.socket.destroy()
})

t.test('no login, another scheme, or none that can be read: 407 at once', async t => {
  for (const fields of [
    '',
    'Proxy-Authorization: Bearer c2VjcmV0OnNlY3JldA==\r\n',
    'Proxy-Authorization: Basic c2VjcmV0OnNlY3JldA\r\n',
    'Authorization: Basic c2VjcmV0OnNlY3JldA==\r\n',
    basic('a:b') + basic('a:b'),
  ]) {
    const hand = byHand()
    const harness = await start(t, { verify: hand.verify })
    const client = await harness.connect()
    client.socket.write(connectTo('example.com:443', fields))
    const answer = await answerTo(client)
    t.match(answer, /^HTTP\/1\.1 407 Proxy Authentication Required\r\n/, fields)
    t.match(answer, '\r\nProxy-Authenticate: Basic realm="eyeballd", charset="UTF-8"\r\n')
    t.match(harness.of('rejected'), [{ reason: 'auth', reply: 407, user: null, target: null }])
    t.notMatch(JSON.stringify(harness.events) + answer, /secret|c2Vjcm/)
    t.same(hand.logins, [])
  }
})

t.test('a wrong login is 407 after the delay, which the deadline does not end', async t => {
  const hand = byHand()
  const waits = { authFailureDelayMs: 20_000 }
  const harness = await start(t, { verify: hand.verify, waits })
  const client = await loginOf(harness)
  await until('the verification', () => hand.logins.length === 1)
  hand.settle(WRONG)
  client.socket.end()
  harness.clock.advance(19_999)
  await allArrived()
  t.equal(text(client), '', 'also to a client that has sent FIN')
  harness.clock.advance(1)
  t.match(await answerTo(client), /^HTTP\/1\.1 407 [^]*unknown user or wrong password\n$/)
  t.match(harness.of('rejected'), [{ reason: 'auth', reply: 407, message: /wrong password/ }])
  t.same(harness.asked, [])
})

t.test('a wrong login without a delay is answered at once', async t => {
  const hand = byHand()
  const harness = await start(t, { verify: hand.verify, waits: { authFailureDelayMs: 0 } })
  const client = await loginOf(harness)
  await until('the verification', () => hand.logins.length === 1)
  hand.settle(WRONG)
  t.match(await answerTo(client), /^HTTP\/1\.1 407 /)
})

t.test('a login that was not checked is 503', async t => {
  const hand = byHand()
  const harness = await start(t, { verify: hand.verify })
  const client = await loginOf(harness)
  await until('the verification', () => hand.logins.length === 1)
  hand.settle({ ok: false, code: 'limit', message: 'too many logins wait to be checked' })
  const answer = await answerTo(client)
  t.match(answer, /^HTTP\/1\.1 503 [^]*error=connection_limit_reached\r\n/)
  t.match(harness.of('rejected'), [{ reason: 'limit', reply: 503, message: /too many logins/ }])
})

t.test('a client that resets during its verification or the delay leaves it', async t => {
  for (const isWrong of [false, true]) {
    const hand = byHand()
    const harness = await start(t, { verify: hand.verify })
    const client = await loginOf(harness)
    await until('the verification', () => hand.logins.length === 1)
    if (isWrong) hand.settle(WRONG)
    client.socket.resetAndDestroy()
    await until('the event', () => harness.of('rejected').length === 1)
    t.equal(hand.left(), 1)
    const reason = isWrong ? 'auth' : 'protocol'
    t.match(harness.of('rejected'), [{ reason, user: null }])
    hand.settle(rightLogin('eve'))
    await until('the end', () => harness.sessions.size() === 0)
    t.equal(harness.events.length, 2)
  }
})

t.test('a FIN leaves the queue of verifications only without early data', async t => {
  const hand = byHand()
  hand.queue()
  const harness = await start(t, { verify: hand.verify })
  const idle = await loginOf(harness)
  await until('the verification', () => hand.logins.length === 1)
  idle.socket.end()
  await until('the event', () => harness.of('rejected').length === 1)
  t.match(harness.of('rejected'), [{ message: /verification was awaited/ }])
  hand.settle(WRONG)
  const client = await loginOf(harness, 'all I have to say')
  await until('the verification', () => hand.logins.length === 2)
  client.socket.end()
  await allArrived()
  t.equal(harness.of('rejected').length, 1)
  hand.settle(rightLogin('eve'))
  await until('the FIN', () => harness.origin[0]?.ended === true)
  t.equal(harness.origin[0]?.received().toString(), 'all I have to say')
  client.socket.destroy()
})

t.test(
  'confirm: the answer follows the first connection, and a failure behind it resets',
  async t => {
    const harness = await start(t, {
      confirm: 'tls',
      names: { 'two.example': { addresses: ['192.0.2.1', '192.0.2.3'] } },
    })
    const client = await harness.connect()
    client.socket.write(connectTo('two.example:443'))
    await client.bytes(CONNECTED.length)
    t.equal(text(client), CONNECTED)
    client.socket.write('no ClientHello')
    await until('the data', () => harness.origin[0]?.received().toString() === 'no ClientHello')
    t.match(harness.of('race'), [{ outcome: 'won', reply: 200 }])
    client.socket.destroy()
  },
)

t.test('a refused client on this host gets the answer in its own protocol', async t => {
  const limited = await start(t, { maxConnections: 1, protocol: 'http' })
  const first = await limited.connect()
  const second = await limited.connect()
  second.socket.write(CONNECT)
  t.match(await answerTo(second), /^HTTP\/1\.1 503 [^]*error=connection_limit_reached\r\n/)
  t.match(limited.of('rejected'), [{ reason: 'limit', reply: 503 }])
  first.socket.destroy()
  const nowhere = parseCidr('203.0.113.0/24')
  if (!nowhere) throw new Error('no prefix')
  const excluded = await start(t, { clients: [nowhere], verify: byHand().verify })
  const third = await excluded.connect()
  third.socket.write(connectTo('example.com:443', basic('a:b')))
  t.match(await answerTo(third), /^HTTP\/1\.1 403 /)
  const fourth = await excluded.connect()
  fourth.socket.write(CONNECT)
  t.match(await answerTo(fourth), /^HTTP\/1\.1 403 /, 'no login is asked for')
  await until('both events', () => excluded.of('rejected').length === 2)
  const event = { reason: 'access', reply: 403 }
  t.match(excluded.of('rejected'), [event, event])
})
