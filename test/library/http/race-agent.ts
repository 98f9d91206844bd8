import http from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import type { CreateAgentOptions } from '../../../src/library/http/create-agent.ts'
import { createAgentOver } from '../../../src/library/http/create-agent.ts'
import { askHttp, errorOf } from '../../fixtures/ask-http.ts'
import type { Owner } from '../../fixtures/children.ts'
import { createHandClock } from '../../fixtures/hand-clock.ts'
import { httpOrigin } from '../../fixtures/http-origin.ts'
import { httpsOrigin } from '../../fixtures/https-origin.ts'
import { eventually } from '../../fixtures/in-parallel.ts'
import { testLeavingNothing } from '../../fixtures/nothing-left.ts'
import { nth } from '../../fixtures/nth.ts'
import { createScriptedConnect } from '../../fixtures/scripted-connect.ts'

/** An agent whose races the test ends; all of them go to one server. */
const scripted = (owner: Owner, port: number, options: CreateAgentOptions = {}) => {
  const clock = createHandClock()
  const script = createScriptedConnect({ host: '127.0.0.1', port })
  const agent = createAgentOver(options, { connect: script.connect, clock })
  owner.teardown(() => agent.destroy())
  const ask = (path: string, more: http.RequestOptions = {}) =>
    askHttp({ host: 'www.example.com', path, agent, ...more })
  return { agent, ask, clock, ...script }
}

/** Sockets that the agent counts, by its own books; they must be empty when all is over. */
const books = (agent: http.Agent): number[] => [
  Object.keys(agent.sockets).length,
  Object.keys(agent.freeSockets).length,
  Object.keys(agent.requests).length,
  (agent as http.Agent & { totalSocketCount: number }).totalSocketCount,
]
const isEmpty = (agent: http.Agent): Promise<boolean> =>
  eventually(() => books(agent).every(count => count === 0), 2000)

testLeavingNothing(
  'a request goes over the winner, the next one over the same',
  async (t, owner) => {
    const { port } = await httpOrigin(owner)
    const { agent, ask, race, races, clock } = scripted(owner, port)
    const first = ask('/1')
    await (await race(0)).win()
    t.same(await first.outcome, { body: 'hello from /1\n', reused: false })
    t.match(races[0]?.options, { host: 'www.example.com', port: 80 })
    const second = ask('/2')
    t.same(await second.outcome, { body: 'hello from /2\n', reused: true })
    t.equal(races.length, 1)
    t.equal(clock.pending(), 0)
    agent.destroy()
    t.ok(await isEmpty(agent), 'the books are empty')
  },
)

testLeavingNothing(
  'without options, http and https have their own ports and Host, at any stack depth',
  async (t, owner) => {
    const { port } = await httpOrigin(owner)
    const { agent, race, races } = scripted(owner, port)
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    const plain = askHttp({ host: 'www.example.com', agent })
    const secured = askHttp({ host: 'www.example.com', agent, https: true })
    const byUrl = http.request('http://[2001:db8::1]/', { agent })
    t.equal(Error.stackTraceLimit, 0, 'left as it was')
    Error.stackTraceLimit = stackTraceLimit
    byUrl.on('error', () => {})
    const inBrackets = askHttp({ host: '[2001:db8::2]', agent, https: true })
    await race(3)
    t.match(
      races.map(({ options }) => [options.host, options.port]),
      [
        ['www.example.com', 80],
        ['www.example.com', 443],
        ['2001:db8::1', 80],
        ['2001:db8::2', 443],
      ],
    )
    t.equal(plain.request.getHeader('host'), 'www.example.com')
    t.equal(secured.request.getHeader('host'), 'www.example.com')
    t.equal(inBrackets.request.getHeader('host'), '[2001:db8::2]')
    agent.destroy()
    for (const { outcome } of [plain, secured, inBrackets]) {
      t.match(await errorOf(outcome), { code: 'ECONNRESET', message: 'socket hang up' })
    }
  },
)

testLeavingNothing('a race that fails is the error of its request, once', async (t, owner) => {
  const { agent, ask, race } = scripted(owner, 1)
  const { outcome, errors, request } = ask('/')
  const lost = new Error('nobody won')
  ;(await race(0)).lose(lost)
  t.equal(await errorOf(outcome), lost)
  await turn()
  t.same(errors, [lost])
  t.equal(request.destroyed, true)
  t.ok(await isEmpty(agent), 'the books are empty')
})

testLeavingNothing(
  'maxSockets counts races, and those who wait go on after a race that failed',
  async (t, owner) => {
    for (const limit of [{ maxSockets: 1 }, { maxTotalSockets: 1 }]) {
      const { port } = await httpOrigin(owner)
      const { agent, ask, race, races, open } = scripted(owner, port, limit)
      const asked = ['/1', '/2', '/3', '/4'].map(path => ask(path))
      await race(0)
      await turn()
      t.equal(races.length, 1, 'one race')
      races[0]?.lose(new Error('first'))
      t.match(await errorOf(nth(asked, 0).outcome), { message: 'first' })
      ;(await race(1)).lose(new Error('second'))
      t.match(await errorOf(nth(asked, 1).outcome), { message: 'second' })
      await (await race(2)).win()
      t.match(await nth(asked, 2).outcome, { body: 'hello from /3\n' })
      t.match(await nth(asked, 3).outcome, { body: 'hello from /4\n' })
      t.equal(races.length, 3)
      t.equal(open(), 0)
      for (const { errors } of asked) t.ok(errors.length <= 1)
      agent.destroy()
      t.ok(await isEmpty(agent), 'the books are empty')
    }
  },
)

testLeavingNothing(
  'maxTotalSockets holds across hosts; a failure lets another host go on',
  async (t, owner) => {
    const { port } = await httpOrigin(owner)
    const { agent, ask, race, races } = scripted(owner, port, { maxTotalSockets: 1 })
    const first = ask('/1', { host: 'a.example' })
    const second = ask('/2', { host: 'b.example' })
    ;(await race(0)).lose(new Error('lost'))
    await errorOf(first.outcome)
    await (await race(1)).win()
    t.match(await second.outcome, { body: 'hello from /2\n' })
    t.equal(races[1]?.options.host, 'b.example')
    agent.destroy()
  },
)

testLeavingNothing('what ends a request ends its race', async (t, owner) => {
  const { agent, ask, race, races, clock, open } = scripted(owner, 1)
  const why = new Error('not wanted any more')
  const ender = new AbortController()
  const ends: (() => unknown)[] = []
  const destroyed = ask('/destroy')
  ends.push(() => destroyed.request.destroy(why))
  const silent = ask('/silently')
  ends.push(() => silent.request.destroy())
  const signalled = ask('/signal', { signal: ender.signal })
  ends.push(() => ender.abort())
  const limited = ask('/timeout', { timeout: 1000 })
  limited.request.on('timeout', () => limited.request.destroy())
  ends.push(() => clock.advance(1000))
  await race(3)
  for (const [i, end] of ends.entries()) {
    t.equal(races[i]?.isOpen, true)
    end()
    await turn()
    t.equal(races[i]?.isOpen, false, `race ${i}`)
  }
  t.equal(await errorOf(destroyed.outcome), why)
  t.match(await errorOf(silent.outcome), { code: 'ECONNRESET', message: 'socket hang up' })
  t.match(await errorOf(signalled.outcome), { name: 'AbortError' })
  t.match(await errorOf(limited.outcome), { code: 'ECONNRESET' })
  for (const { errors } of [destroyed, silent, signalled, limited]) t.equal(errors.length, 1)
  t.equal(open(), 0)
  t.equal(clock.pending(), 0)
  t.ok(await isEmpty(agent), 'the books are empty')
})

testLeavingNothing('a request that ended before its race began has none', async (t, owner) => {
  const { agent, ask, races, open } = scripted(owner, 1)
  const { request, outcome, errors } = ask('/')
  const why = new Error('at once')
  request.destroy(why)
  t.equal(await errorOf(outcome), why)
  await turn()
  t.equal(errors.length, 1)
  t.equal(races.length + open(), 0)
  t.ok(await isEmpty(agent), 'the books are empty')
})

testLeavingNothing('a timeout is emitted once and ends nothing by itself', async (t, owner) => {
  const { port } = await httpOrigin(owner)
  const { agent, ask, race, clock } = scripted(owner, port, { timeout: 500 })
  const { request, outcome } = ask('/')
  let timeouts = 0
  request.on('timeout', () => timeouts++)
  const begun = await race(0)
  clock.advance(499)
  t.equal(timeouts, 0)
  clock.advance(1)
  t.equal(timeouts, 1)
  clock.advance(10_000)
  let onSocket: number | undefined
  request.once('socket', socket => (onSocket = socket.timeout))
  await begun.win()
  t.match(await outcome, { body: 'hello from /\n' })
  t.equal(timeouts, 1)
  t.equal(onSocket, 500, 'the socket has it from then on')
  t.equal(clock.pending(), 0)
  agent.destroy()
})

testLeavingNothing('requests that wait and are ended are passed over', async (t, owner) => {
  const { port } = await httpOrigin(owner)
  const { agent, ask, race, races } = scripted(owner, port, { maxSockets: 1 })
  const [first, second, third] = [ask('/1'), ask('/2'), ask('/3')]
  const begun = await race(0)
  const why = new Error('tired of waiting')
  second.request.destroy(why)
  begun.lose(new Error('lost'))
  t.equal(await errorOf(second.outcome), why)
  t.match(await errorOf(first.outcome), { message: 'lost' })
  await (await race(1)).win()
  t.match(await third.outcome, { body: 'hello from /3\n' })
  t.equal(second.errors.length, 1)
  t.equal(races.length, 2)
  agent.destroy()
})

testLeavingNothing(
  'a request at the head of the queue is ended while a race runs for it',
  async (t, owner) => {
    const { port } = await httpOrigin(owner)
    const { agent, ask, race } = scripted(owner, port, { maxSockets: 1 })
    const [first, second, third] = [ask('/1'), ask('/2'), ask('/3')]
    ;(await race(0)).lose(new Error('lost'))
    const forSecond = await race(1)
    second.request.destroy()
    t.match(await errorOf(second.outcome), { code: 'ECONNRESET' })
    t.equal(forSecond.isOpen, false)
    await (await race(2)).win()
    t.match(await third.outcome, { body: 'hello from /3\n' })
    t.equal(first.errors.length + second.errors.length + third.errors.length, 2)
    agent.destroy()
  },
)

testLeavingNothing(
  'two sockets fail at once, and nobody gets two errors or none',
  async (t, owner) => {
    const { port } = await httpOrigin(owner)
    const { agent, ask, race, races } = scripted(owner, port, { maxSockets: 2 })
    const asked = ['/1', '/2', '/3', '/4', '/5'].map(path => ask(path))
    await race(1)
    races[0]?.lose(new Error('a'))
    races[1]?.lose(new Error('b'))
    await race(3)
    // Node begins both for the request at the head.
    races[2]?.lose(new Error('c'))
    await races[3]?.win()
    const ends = await Promise.all(
      asked.slice(0, 4).map(({ outcome }) =>
        outcome.then(
          ({ body }) => body,
          (error: Error) => error.message,
        ),
      ),
    )
    t.same(ends, ['a', 'b', 'c', 'hello from /4\n'])
    t.match(await nth(asked, 4).outcome, { body: 'hello from /5\n' })
    for (const rest of races) if (rest.isOpen) await rest.win()
    for (const { errors } of asked) t.ok(errors.length <= 1)
    agent.destroy()
    t.ok(await isEmpty(agent), 'the books are empty')
  },
)

testLeavingNothing(
  "the head's end does not end a race that is another's by now",
  async (t, owner) => {
    const { port } = await httpOrigin(owner)
    const { agent, ask, race, races } = scripted(owner, port, { maxSockets: 2 })
    const asked = ['/1', '/2', '/3', '/4'].map(path => ask(path))
    await race(1)
    races[0]?.lose(new Error('a'))
    races[1]?.lose(new Error('b'))
    await race(3)
    nth(asked, 2).request.destroy()
    await errorOf(nth(asked, 2).outcome)
    t.equal(races[2]?.isOpen, false)
    t.equal(races[3]?.isOpen, true, 'the second race goes on')
    await races[3]?.win()
    t.match(await nth(asked, 3).outcome, { body: 'hello from /4\n' })
    agent.destroy()
  },
)

testLeavingNothing('destroy ends races, sockets, and requests that wait', async (t, owner) => {
  const { port } = await httpOrigin(owner)
  for (const limit of [{}, { maxSockets: 1 }]) {
    const { agent, ask, race, races, open, clock } = scripted(owner, port, {
      ...limit,
      timeout: 1000,
    })
    const asked = ['/1', '/2', '/3'].map(path => ask(path))
    await race(0)
    agent.destroy()
    for (const { outcome } of asked) t.match(await errorOf(outcome), { code: 'ECONNRESET' })
    await turn()
    t.equal(open(), 0)
    t.equal(clock.pending(), 0)
    t.ok(await isEmpty(agent), 'the books are empty')
    const begun = races.length
    // As Node's own, it can be used again.
    const again = ask('/again')
    await (await race(begun)).win()
    t.match(await again.outcome, { body: 'hello from /again\n' })
    agent.destroy()
  }
})

testLeavingNothing('https: SNI, the names in a certificate, sessions', async (t, owner) => {
  const { port, cert, handshakes } = await httpsOrigin(owner)
  const { agent, race } = scripted(owner, port, { ca: cert })
  const ask = (path: string, more: object = {}) =>
    askHttp({ https: true, host: 'www.example.com', port, path, agent, ...more })
  const first = ask('/1')
  await (await race(0)).win()
  t.same(await first.outcome, { body: 'hello /1\n', reused: false })
  t.same(await ask('/2').outcome, { body: 'hello /2\n', reused: true })
  await ask('/3', { headers: { connection: 'close' } }).outcome
  const resumed = ask('/4')
  await (await race(1)).win()
  t.same(await resumed.outcome, { body: 'hello /4\n', reused: false })
  t.same(handshakes, [
    { servername: 'www.example.com', alpn: false, isResumed: false },
    { servername: 'www.example.com', alpn: false, isResumed: true },
  ])
  const other = ask('/', { host: 'other.example.com' })
  await (await race(2)).win()
  t.match(await errorOf(other.outcome), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  const byAddress = ask('/', { host: '[2001:db8::1]', rejectUnauthorized: false })
  await (await race(3)).win()
  t.match(await byAddress.outcome, { body: 'hello /\n' })
  t.equal(handshakes.at(-1)?.servername, false, 'no name of an address')
  agent.destroy()
  t.ok(await isEmpty(agent), 'the books are empty')
})

testLeavingNothing(
  'https: options that TLS refuses fail the request, and close the winner',
  async (t, owner) => {
    const { port } = await httpsOrigin(owner)
    const { agent, race, sockets } = scripted(owner, port)
    const { outcome } = askHttp({
      https: true,
      host: 'www.example.com',
      agent,
      ciphers: 'nonsense',
    })
    await (await race(0)).win()
    t.ok(await errorOf(outcome))
    t.ok(await eventually(() => nth(sockets, 0).closed))
    t.ok(await isEmpty(agent), 'the books are empty')
  },
)

testLeavingNothing(
  'not kept alive where so configured; Nagle and keep-alive as configured',
  async (t, owner) => {
    const { port, connections } = await httpOrigin(owner)
    const { agent, ask, race } = scripted(owner, port, { keepAlive: false, noDelay: false })
    for (const place of [0, 1]) {
      const { outcome } = ask(`/${place}`)
      await (await race(place)).win()
      t.match(await outcome, { reused: false })
    }
    t.equal(connections(), 2)
    t.ok(await isEmpty(agent), 'the books are empty')
  },
)
