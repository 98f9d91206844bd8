import t from 'tap'
import type { LoginVerdict, VerifyLogin } from '../../../../src/auth/create-verify-login.ts'
import { parseCidr } from '../../../../src/core/cidr.ts'
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

const URL = 'http://example.com/'

const basic = (login: string): string =>
  `Proxy-Authorization: Basic ${Buffer.from(login).toString('base64')}\r\n`

/** Accepts a password that equals the user's name. */
const verify: VerifyLogin = ({ user, password }, _client, settle) => {
  const name = Buffer.from(user).toString()
  const isRight = name === Buffer.from(password).toString()
  const verdict: LoginVerdict = isRight
    ? rightLogin(name)
    : ({ ok: false, code: 'wrong', message: 'wrong' } as unknown as LoginVerdict)
  queueMicrotask(() => settle(verdict))
  return { leave: () => {}, isWaiting: () => false }
}

t.test('each request has its login', async t => {
  const harness = await start(t, { verify })
  const client = await harness.connect()
  client.socket.write(requestTo(URL, basic('eve:eve')))
  const origin = await asked(harness)
  t.notMatch(await hears(origin, /\r\n\r\n/), /proxy|basic/i)
  origin.socket.write(responseOf('one'))
  await hears(client, /one$/)
  client.socket.write(requestTo(URL, basic('adam:adam')))
  await hears(origin, /GET[^]*GET/)
  origin.socket.write(responseOf('two'))
  await hears(client, /two$/)
  client.socket.write(requestTo(URL))
  const { text } = await heardAll(client)
  t.match(text, /twoHTTP\/1.1 407 [^]*Proxy-Authenticate: Basic realm="eyeballd"/)
  await until('the end', () => harness.sessions.size() === 0)
  t.match(harness.of('request'), [{ user: 'eve' }, { user: 'adam' }])
  t.match(harness.of('rejected'), [{ reason: 'auth', user: null, reply: 407 }])
  t.same(eventsOf(harness), ['race won', 'request', 'request', 'rejected', 'close'])
  t.notMatch(JSON.stringify(harness.events), /Basic|ZXZl/)
})

t.test('a wrong login is answered after a delay', async t => {
  const harness = await start(t, { verify })
  const client = await harness.connect()
  client.socket.write(requestTo(URL, basic('eve:adam')))
  await allArrived()
  harness.clock.advance(999)
  await allArrived()
  t.equal(client.received().length, 0)
  harness.clock.advance(1)
  t.match((await heardAll(client)).text, /^HTTP\/1.1 407 /)
  await until('the end', () => harness.sessions.size() === 0)
  t.match(harness.of('rejected'), [{ reason: 'auth', reply: 407 }])
  const gone = await harness.connect()
  gone.socket.write(requestTo(URL, basic('eve:adam')))
  await allArrived()
  gone.socket.resetAndDestroy()
  await until('the end', () => harness.sessions.size() === 0)
  t.match(harness.of('rejected')[1], { reason: 'auth', message: /wrong password/ })
})

t.test('a login that was not checked, and one that never is', async t => {
  const busy = await start(t, {
    verify: (_login, _client, settle) => {
      queueMicrotask(() => settle({ ok: false, code: 'limit', message: 'too many logins wait' }))
      return { leave: () => {}, isWaiting: () => false }
    },
  })
  const client = await busy.connect()
  client.socket.write(requestTo(URL, basic('eve:eve')))
  t.match((await heardAll(client)).text, /^HTTP\/1.1 503 /)
  await until('the end', () => busy.sessions.size() === 0)
  t.match(busy.of('rejected'), [{ reason: 'limit', reply: 503 }])

  let left = 0
  const stuck = await start(t, {
    verify: () => ({ leave: () => void left++, isWaiting: () => true }),
  })
  const waiting = await stuck.connect()
  waiting.socket.write(requestTo(URL, basic('eve:eve')))
  await allArrived()
  waiting.socket.resetAndDestroy()
  await until('the end', () => stuck.sessions.size() === 0)
  const late = await stuck.connect()
  late.socket.write(requestTo(URL, basic('eve:eve')))
  await allArrived()
  stuck.clock.advance(10_000)
  await until('the end', () => stuck.sessions.size() === 0)
  t.ok(left >= 2, 'no verification is left behind')
  t.match(stuck.of('rejected'), [
    { reason: 'protocol', message: 'the client left while the verification was awaited' },
    {
      reason: 'timeout',
      message: 'the handshake timed out after 10000 ms while the verification was awaited',
    },
  ])
  t.equal(stuck.events.length, 4)
})

t.test('a listener that got users since', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.write(requestTo(URL))
  const origin = await asked(harness)
  origin.socket.write(responseOf('one'))
  await hears(client, /one$/)
  harness.change({ requirements: () => ({ clients: null, isLoginRequired: true }) })
  client.socket.write(requestTo(URL))
  t.match((await heardAll(client)).text, /oneHTTP\/1.1 407 [^]*connect again/)
})

t.test('a listener that has no users any more, and one that is gone', async t => {
  const harness = await start(t, { verify })
  const client = await harness.connect()
  client.socket.write(requestTo(URL, basic('eve:eve')))
  const origin = await asked(harness)
  origin.socket.write(responseOf('one'))
  await hears(client, /one$/)
  harness.change({ requirements: () => ({ clients: null, isLoginRequired: false }) })
  client.socket.write(requestTo(URL))
  await hears(origin, /GET[^]*GET/)
  origin.socket.write(responseOf('two'))
  await hears(client, /two$/)
  harness.change({ requirements: () => null })
  client.socket.write(requestTo(URL))
  t.match((await heardAll(client)).text, /twoHTTP\/1.1 407 /, 'its users are still required')
  t.match(harness.of('request'), [{ user: 'eve' }, { user: null }])
})

t.test('a client that is not among the clients any more', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.write(requestTo(URL))
  const origin = await asked(harness)
  origin.socket.write(responseOf('one'))
  await hears(client, /one$/)
  const clients = [parseCidr('192.0.2.0/24')].flatMap(cidr => cidr ?? [])
  harness.change({ requirements: () => ({ clients, isLoginRequired: false }) })
  client.socket.write(requestTo('http://other.example/'))
  t.match((await heardAll(client)).text, /oneHTTP\/1.1 403 [^]*not among the clients/)
  await until('the end', () => harness.sessions.size() === 0)
  const message = '127.0.0.1 is not among the clients of this listener'
  t.match(harness.of('rejected'), [
    { reason: 'access', message, target: 'other.example:80', reply: 403 },
  ])
})

t.test('a reload changes the delay of wrong logins', async t => {
  const harness = await start(t, { verify })
  const client = await harness.connect()
  client.socket.write(requestTo(URL, basic('eve:eve')))
  const origin = await asked(harness)
  origin.socket.write(responseOf('one'))
  await hears(client, /one$/)
  const waits = { handshakeTimeoutMs: 10_000, idleTimeoutMs: 1e6, halfCloseTimeoutMs: 1e6 }
  harness.change({ waits: { ...waits, authFailureDelayMs: 3000 } })
  client.socket.write(requestTo(URL, basic('eve:adam')))
  await allArrived()
  harness.clock.advance(2999)
  await allArrived()
  t.match(textOf(client), /one$/)
  harness.clock.advance(1)
  t.match((await heardAll(client)).text, /oneHTTP\/1.1 407 /)
})

t.test('the connections of one user are limited', async t => {
  const harness = await start(t, { verify, maxConnectionsPerUser: 1 })
  const first = await harness.connect()
  first.socket.write(requestTo(URL, basic('eve:eve')))
  const origin = await asked(harness)
  const second = await harness.connect()
  second.socket.write(requestTo(URL, basic('eve:eve')))
  t.match((await heardAll(second)).text, /^HTTP\/1.1 503 /)
  origin.socket.write(responseOf('one'))
  await hears(first, /one$/)
  first.socket.write(requestTo(URL, basic('adam:adam')))
  await hears(origin, /GET[^]*GET/)
  const third = await harness.connect()
  third.socket.write(requestTo(URL, basic('eve:eve')))
  await asked(harness, 1)
  t.match(harness.of('rejected'), [{ reason: 'limit', user: 'eve' }])
})
