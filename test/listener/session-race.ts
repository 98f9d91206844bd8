import t from 'tap'
import type { Test } from 'tap'
import type { AccessRule } from '../../src/access/types.ts'
import { settleAbandoned } from '../../src/core/requester.ts'
import { summarise } from '../../src/eyeballs/race/summary.ts'
import { allArrived } from '../fixtures/all-arrived.ts'
import { helloMessage, inRecords } from '../fixtures/client-hellos.ts'
import { ABORTED_RACE, FAILED_RACE, handDial, openTarget, wonBy } from '../fixtures/hand-dial.ts'
import {
  FAILED,
  GREETING,
  SUCCEEDED,
  ask,
  byName,
  bytes,
  start,
} from '../fixtures/listener-start.ts'
import type { HarnessOptions } from '../fixtures/listener.ts'
import { until } from '../fixtures/listener.ts'

t.test('a loop: the daemon itself is never a target, and no rule allows it', async t => {
  const rules: AccessRule[] = [
    { action: 'allow', clients: null, users: null, to: null, ports: null },
  ]
  for (const name of ['example.com', '192.0.2.1', '127.0.0.1']) {
    const harness = await start(t, { ownPort: 1080, rules })
    const client = await harness.connect()
    await ask(client, byName(name, 1080))
    t.equal(await client.over, 'end')
    t.same(client.received().subarray(2), FAILED(2))
    t.match(harness.of('rejected'), [{ reason: 'loop', reply: 2, message: /own listeners/ }], name)
    t.equal(harness.dialled.length, 0)
    client.socket.end()
  }
})

t.test('nor is it by way of a NAT64', async t => {
  const verdicts: unknown[] = []
  const harness = await start(t, {
    ownPort: 1080,
    ownAddress: '192.0.2.1',
    race: ({ judge }, settle) => {
      const host = 'example.com'
      const address = '2001:db8:64::c000:201'
      for (const [embedded, port] of [
        ['192.0.2.1', 1080],
        ['192.0.2.1', 1081],
        ['192.0.2.2', 1080],
      ] as const) {
        verdicts.push(judge?.({ host, address, port, source: 'nat64', embedded }))
      }
      settle(FAILED_RACE)
      return () => {}
    },
  })
  const client = await harness.connect()
  await ask(client, byName('example.com', 1080))
  t.equal(await client.over, 'end')
  t.same(verdicts, [{ code: 'ERR_LOOP' }, undefined, undefined])
  client.socket.end()
})

t.test('the race knows whether a rule chooses a path', async t => {
  const rule = { action: 'allow', clients: null, users: null, to: null, ports: null } as const
  for (const egress of [{ tos: 8 }, { interface: 'tun0' }]) {
    const known: unknown[] = []
    const harness = await start(t, {
      rules: [{ ...rule, egress }],
      race: ({ hasPaths }, settle) => {
        known.push(hasPaths)
        settle(FAILED_RACE)
        return () => {}
      },
    })
    const client = await harness.connect()
    await ask(client, byName('example.com'))
    t.equal(await client.over, 'end')
    t.same(known, ['interface' in egress])
    client.socket.end()
  }
})

t.test('each address is asked about once', async t => {
  const address = '2001:db8:64::c000:201'
  const candidate = { host: 'example.com', address, port: 443, source: 'dns' }
  const harness = await start(t, {
    race: ({ judge }, settle) => {
      judge?.(candidate)
      judge?.({ ...candidate, embedded: '192.0.2.1' })
      settle(FAILED_RACE)
      return () => {}
    },
  })
  const client = await harness.connect()
  await ask(client, byName('example.com'))
  t.equal(await client.over, 'end')
  t.same(harness.ownAsked, [address, address, '192.0.2.1'])
  client.socket.end()
})

t.test('a name that the rules deny is not looked up', async t => {
  const to: AccessRule['to'] = [{ type: 'suffix', suffix: '.example' }]
  const rules: AccessRule[] = [{ action: 'deny', clients: null, users: null, to, ports: null }]
  const harness = await start(t, { rules })
  const client = await harness.connect()
  await ask(client, byName('refused.example'))
  t.equal(await client.over, 'end')
  t.same(client.received().subarray(2), FAILED(2))
  t.match(harness.of('rejected'), [{ reason: 'access', reply: 2, target: 'refused.example:443' }])
  t.equal(harness.asked.length, 0)
  client.socket.end()
})

t.test('some candidates denied and others refused are a race', async t => {
  const names = { mixed: { addresses: ['::1', '192.0.2.2'] } }
  const harness = await start(t, { names })
  const client = await harness.connect()
  await ask(client, byName('mixed'))
  t.equal(await client.over, 'end')
  t.same(client.received().subarray(2), FAILED(5))
  t.match(harness.of('race'), [{ outcome: 'failed', reply: 5 }])
  t.equal(harness.of('rejected').length, 0)
  client.socket.end()
})

t.test('a race that is won while its client leaves: the target is reset', async t => {
  const hand = handDial()
  const harness = await start(t, { race: hand.race })
  const upstream = await start(t, { forward: [{ host: '192.0.2.1', port: 1 }] })
  const client = await harness.connect()
  await ask(client, byName('example.com'))
  const target = await upstream.connect()
  await hand.begun()
  client.socket.resetAndDestroy()
  await until('the abort', hand.aborted)
  await allArrived()
  t.equal(harness.sessions.size(), 1, 'the session waits for its race')
  hand.settle(wonBy(target.socket))
  await until('the end', () => harness.sessions.size() === 0)
  t.match(harness.events, [
    { type: 'accepted' },
    { type: 'race', outcome: 'won', reply: null },
    { type: 'close', bytesUp: 0, bytesDown: 0, reason: 'client-reset' },
  ])
  await until('the reset', () => upstream.of('close').length === 1)
  t.match(upstream.of('close'), [{ reason: 'client-reset', bytesUp: 0 }])
})

t.test('a race that is won while the daemon ends it', async t => {
  const hand = handDial()
  const harness = await start(t, { race: hand.race })
  const upstream = await start(t, { forward: [{ host: '192.0.2.1', port: 1 }] })
  const client = await harness.connect()
  await ask(client, byName('example.com'))
  const target = await upstream.connect()
  await hand.begun()
  harness.sessions.endAll()
  hand.settle(wonBy(target.socket))
  await until('the end', () => harness.sessions.size() === 0)
  await client.over
  t.equal(client.received().length, 2, 'no reply')
  t.match(harness.of('close'), [{ reason: 'drain', bytesUp: 0 }])
})

t.test('a race that fails, or is aborted, after its client is gone', async t => {
  for (const result of [FAILED_RACE, ABORTED_RACE]) {
    const hand = handDial()
    const harness = await start(t, { race: hand.race })
    const client = await harness.connect()
    await ask(client, byName('example.com'))
    // Right behind the request it would be read as an end.
    await hand.begun()
    client.socket.resetAndDestroy()
    await until('the abort', hand.aborted)
    await allArrived()
    hand.settle(result)
    await until('the end', () => harness.sessions.size() === 0)
    t.match(harness.of('race'), [{ outcome: result.outcome, reply: null }])
    t.equal(harness.events.length, 2)
  }
})

t.test('a client that leaves keeps its place until its queries are over', async t => {
  const hand = handDial()
  const harness = await start(t, { race: hand.race, maxConnections: 1 })
  const client = await harness.connect()
  await ask(client, byName('example.com'))
  await hand.begun()
  const requester = hand.requester()
  t.match(requester, { client: '127.0.0.1', left: false })
  client.socket.resetAndDestroy()
  await until('the abort', hand.aborted)
  if (requester) requester.abandoned = 1
  hand.settle(ABORTED_RACE)
  await until('the end', () => harness.sessions.size() === 0)
  t.equal(harness.admission.active(), 1)
  const second = await harness.connect()
  second.socket.end()
  await second.over
  t.match(harness.of('rejected'), [{ reason: 'limit' }])
  if (requester) settleAbandoned(requester)
  t.equal(harness.admission.active(), 0)
})

t.test('if too many lookups wait, the reply and the log say so', async t => {
  const harness = await start(t, { names: { 'example.com': { code: 'ERR_DNS_LIMIT' } } })
  const client = await harness.connect()
  await ask(client, byName('example.com'))
  t.equal(await client.over, 'end')
  t.same(client.received().subarray(2), FAILED(1))
  const message = /too many DNS lookups wait/
  t.match(harness.of('rejected'), [{ reason: 'limit', reply: 1, message, probe: false }])
  client.socket.end()
})

t.test('an engine that breaks costs one connection, not the daemon', async t => {
  for (const [fault, message] of [
    [new Error('a bug'), 'the race broke: a bug'],
    ['a word', 'the race broke: a word'],
  ] as const) {
    const hand = handDial()
    const harness = await start(t, { race: hand.race })
    const client = await harness.connect()
    await ask(client, byName('example.com'))
    await hand.begun()
    hand.breaks(fault)
    t.equal(await client.over, 'end')
    t.same(client.received().subarray(2), FAILED(1))
    t.match(harness.of('rejected'), [{ message, probe: false }])
    client.socket.end()
    await until('the end', () => harness.sessions.size() === 0)
  }
  const hand = handDial()
  const harness = await start(t, { race: hand.race })
  const client = await harness.connect()
  await ask(client, byName('example.com'))
  await hand.begun()
  client.socket.resetAndDestroy()
  await until('the abort', hand.aborted)
  await allArrived()
  hand.breaks(new Error('late'))
  await until('the end', () => harness.sessions.size() === 0)
})

t.test('early data that comes with the request may be full at once', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.write(bytes(GREETING, byName('slow'), Buffer.alloc(70_000, 'x')))
  await until('the race', () => harness.dialled.length === 1)
  await allArrived()
  harness.openGate()
  await until('the data', () => harness.origin[0]?.received().length === 70_000)
  client.socket.destroy()
})

const HELLO = inRecords(helloMessage())
const TEXT = HELLO.toString('latin1')
/** The answer to the greeting, and the reply. */
const ANSWERED = 2 + SUCCEEDED.length

const FORWARD = { forward: [{ host: 'example.com', port: 443 }] }

/** A client whose race is under way. */
const begin = async (t: Test, options: HarnessOptions = {}) => {
  const hand = handDial()
  const harness = await start(t, { ...options, race: hand.race })
  const client = await harness.connect()
  if (!options.forward) await ask(client, byName('example.com'))
  await hand.begun()
  return { hand, harness, client, over: () => harness.sessions.size() === 0 }
}

t.test('the reply follows the provisional winner, the hello follows the reply', async t => {
  const { hand, harness, client, over } = await begin(t)
  const { upstream, target, received } = await openTarget(t)
  const { settled } = hand.provisional()
  t.same((await client.bytes(ANSWERED)).subarray(2), SUCCEEDED)
  for (const [from, to] of [
    [0, 1],
    [1, 30],
    [30, HELLO.length - 1],
  ]) {
    client.socket.write(HELLO.subarray(from, to))
    await allArrived()
    t.same(settled, [], `nothing is known after ${to} bytes`)
  }
  t.equal(harness.of('race').length, 0, 'the race goes on')
  client.socket.write(HELLO.subarray(-1))
  await until('the hello', () => settled.length > 0)
  t.same(settled, [HELLO])
  const local = { address: '192.0.2.99', port: 7 }
  hand.settle(wonBy(upstream, { greetedBytes: HELLO.length, local }))
  client.socket.write('finished')
  await until('the rest', () => received() === 'finished')
  target.end('welcome')
  await client.bytes(ANSWERED + 7)
  client.socket.end()
  await until('the end', over)
  t.equal(client.received().length, ANSWERED + 7, 'it was answered once')
  t.match(harness.events, [
    { type: 'accepted' },
    { type: 'race', outcome: 'won', reply: 0 },
    { type: 'close', bytesUp: HELLO.length + 8, bytesDown: 7, reason: 'eof' },
  ])
  t.equal(settled.length, 1)
})

t.test('a hello that came with the request, or on a forward, is there at once', async t => {
  for (const options of [{}, FORWARD]) {
    const hand = handDial()
    const harness = await start(t, { ...options, race: hand.race })
    const client = await harness.connect()
    if (!('forward' in options)) await ask(client, byName('example.com'), TEXT)
    else client.socket.write(HELLO)
    await hand.begun()
    await allArrived()
    const { settled } = hand.provisional()
    // The early data of `ask` is text, and UTF-8 leaves it as it is: it has no byte above 127.
    t.same(settled, [HELLO], 'before the call returns')
    const { upstream, received } = await openTarget(t)
    hand.settle(wonBy(upstream, { greetedBytes: HELLO.length }))
    client.socket.end('!')
    await until('the rest', () => received() === '!')
    upstream.destroy()
    await until('the end', () => harness.sessions.size() === 0)
    const reply = 'forward' in options ? null : 0
    t.match(harness.of('race'), [{ outcome: 'won', reply }])
    t.match(harness.of('close'), [{ bytesUp: HELLO.length + 1 }])
  }
})

t.test('other first bytes are known at once, and go to the target whole', async t => {
  const alert = Buffer.from([21, 3, 3, 0, 2, 1, 0]).toString('latin1')
  for (const first of ['SSH-2.0-x\r\n', TEXT + alert, 'GET / HTTP/1.1\r\n\r\n']) {
    const { hand, harness, client, over } = await begin(t)
    const { upstream, target, received } = await openTarget(t)
    const { settled } = hand.provisional()
    await client.bytes(ANSWERED)
    client.socket.write(Buffer.from(first, 'latin1'))
    await until('the verdict', () => settled.length > 0)
    t.same(settled, [null])
    client.socket.write('more')
    await allArrived()
    t.same(settled, [null], 'it is said once')
    hand.settle(wonBy(upstream))
    await until('all of it', () => received() === `${first}more`)
    target.end()
    client.socket.end()
    await until('the end', over)
    t.match(harness.of('close'), [{ bytesUp: first.length + 4, reason: 'eof' }])
  }
})

t.test('bytes behind a hello that is known wait for the race, in order', async t => {
  const { hand, client, over } = await begin(t)
  const { upstream, target, received } = await openTarget(t)
  const { settled } = hand.provisional()
  client.socket.write(HELLO)
  await until('the hello', () => settled.length > 0)
  client.socket.write('one ')
  await allArrived()
  client.socket.end('two')
  await allArrived()
  t.equal(hand.aborted(), false, 'its end is half-close')
  t.same(settled, [HELLO], 'the hello is what it was')
  // This target has not had it.
  hand.settle(wonBy(upstream))
  await until('all of it', () => received() === `${TEXT}one two`)
  target.end('bye')
  t.equal(await client.over, 'end')
  await until('the end', over)
})

t.test('an end makes a hello impossible, and is half-close', async t => {
  for (const [sent, options] of [
    ['', {}],
    [TEXT.slice(0, 40), {}],
    ['', FORWARD],
    [TEXT.slice(0, 40), FORWARD],
  ] as const) {
    const { hand, harness, client, over } = await begin(t, options)
    const { upstream, target, received, how } = await openTarget(t)
    const { settled } = hand.provisional()
    if (!('forward' in options)) await client.bytes(ANSWERED)
    client.socket.end(sent)
    await until('the verdict', () => settled.length > 0)
    t.same(settled, [null])
    t.equal(hand.aborted(), false)
    hand.settle(wonBy(upstream))
    await until('the end at the target', () => how() === 'end')
    t.equal(received(), sent)
    target.end('220 hello')
    await until('the end', over)
    t.match(harness.of('close'), [{ bytesUp: sent.length, bytesDown: 9, reason: 'eof' }])
  }
})

t.test('an end that came before the provisional win', async t => {
  const { hand, client } = await begin(t, FORWARD)
  client.socket.end(HELLO.subarray(0, 40))
  await allArrived()
  t.same(hand.provisional().settled, [null])
  hand.settle(ABORTED_RACE)
  await client.over
})

t.test('a hello that its end follows at once is whole all the same', async t => {
  const { hand, client } = await begin(t)
  const { settled } = hand.provisional()
  await client.bytes(ANSWERED)
  client.socket.end(HELLO)
  await until('the hello', () => settled.length > 0)
  await allArrived()
  t.same(settled, [HELLO])
  t.equal(hand.aborted(), false)
  const { upstream, received, how } = await openTarget(t)
  hand.settle(wonBy(upstream, { greetedBytes: HELLO.length }))
  await until('the end at the target', () => how() === 'end')
  t.equal(received(), '')
  upstream.destroy()
  await client.over
})

t.test('a client that waits in silence is waited for; a target may speak first', async t => {
  const { hand, harness, client, over } = await begin(t)
  const { settled } = hand.provisional()
  await client.bytes(ANSWERED)
  harness.clock.advance(25_000)
  await allArrived()
  t.same([settled, hand.aborted(), over()], [[], false, false])
  const { upstream, target } = await openTarget(t)
  target.write('SSH-2.0-server\r\n')
  hand.settle(wonBy(upstream))
  t.equal((await client.bytes(ANSWERED + 16)).subarray(ANSWERED).toString(), 'SSH-2.0-server\r\n')
  client.socket.write('SSH-2.0-client\r\n')
  await allArrived()
  t.same(settled, [], 'what comes after the race is nobody’s news')
  client.socket.end()
  target.end()
  await until('the end', over)
})

t.test('a client that resets while its race is to be confirmed ends it', async t => {
  for (const sent of ['', TEXT]) {
    const { hand, harness, client, over } = await begin(t)
    hand.provisional()
    await client.bytes(ANSWERED)
    if (sent) client.socket.write(HELLO)
    await allArrived()
    client.socket.resetAndDestroy()
    await until('the abort', hand.aborted)
    t.equal(over(), false, 'the session waits for its race')
    hand.settle(ABORTED_RACE)
    await until('the end', over)
    t.match(harness.of('race'), [{ outcome: 'aborted', reply: 0 }])
    t.equal(harness.events.length, 2)
  }
})

t.test('a race that is joined while its client leaves: the target is reset', async t => {
  const { hand, harness, client, over } = await begin(t)
  const { upstream, received, how } = await openTarget(t)
  const { settled } = hand.provisional()
  client.socket.write(HELLO)
  await until('the hello', () => settled.length > 0)
  client.socket.resetAndDestroy()
  await until('the abort', hand.aborted)
  hand.settle(wonBy(upstream, { greetedBytes: HELLO.length }))
  await until('the end', over)
  await until('the reset', () => how() === 'ECONNRESET')
  t.equal(received(), '')
  t.match(harness.of('race'), [{ outcome: 'won', reply: 0 }])
  t.match(harness.of('close'), [{ reason: 'client-reset', bytesUp: HELLO.length, bytesDown: 0 }])
})

t.test('the daemon ends while a race is to be confirmed', async t => {
  const { hand, harness, client, over } = await begin(t)
  const { settled } = hand.provisional()
  client.socket.write(HELLO)
  await until('the hello', () => settled.length > 0)
  harness.sessions.endAll()
  t.equal(hand.aborted(), true)
  hand.settle(ABORTED_RACE)
  await until('the end', over)
  await client.over
  t.equal(client.received().length, ANSWERED)
  t.match(harness.of('race'), [{ outcome: 'aborted', reply: 0 }])
})

t.test('a race that fails after the reply to its client: nothing is left but a reset', async t => {
  for (const options of [{}, FORWARD]) {
    const { hand, harness, client, over } = await begin(t, options)
    const { settled } = hand.provisional()
    const size = 'forward' in options ? 0 : ANSWERED
    await client.bytes(size)
    client.socket.write(HELLO)
    await until('the hello', () => settled.length > 0)
    hand.settle(FAILED_RACE)
    t.equal(await client.over, 'ECONNRESET')
    t.equal(client.received().length, size)
    await until('the end', over)
    const reply = 'forward' in options ? null : 0
    t.match(harness.of('race'), [{ outcome: 'failed', reply, error: { code: String } }])
    t.equal(harness.events.length, 2)
  }
})

t.test('an engine that breaks after the reply to its client', async t => {
  const { hand, harness, client, over } = await begin(t)
  hand.provisional()
  await client.bytes(ANSWERED)
  hand.breaks(new Error('a bug'))
  t.equal(await client.over, 'ECONNRESET')
  await until('the end', over)
  t.match(harness.of('rejected'), [{ message: 'the race broke: a bug' }])
  t.equal(client.received().length, ANSWERED)
})

t.test('a client that is gone gets nothing', async t => {
  const { hand, harness, client, over } = await begin(t)
  client.socket.write(HELLO)
  await allArrived()
  client.socket.resetAndDestroy()
  await until('the abort', hand.aborted)
  await allArrived()
  t.same(hand.provisional().settled, [])
  hand.settle(ABORTED_RACE)
  await until('the end', over)
  t.equal(harness.of('race')[0]?.reply, null)
})

const TWO = {
  names: { two: { addresses: ['2001:db8::1', '192.0.2.1'] } },
  routes: { '2001:db8::1': 'origin', '192.0.2.1': 'origin' },
}

t.test('a race from end to end: whoever answers the hello carries the stream', async t => {
  const harness = await start(t, { ...TWO, confirm: 'tls' })
  const { clock, origin } = harness
  const client = await harness.connect()
  await ask(client, byName('two'))
  t.same((await client.bytes(ANSWERED)).subarray(2), SUCCEEDED)
  clock.advance(1000)
  await allArrived()
  t.same(harness.dialled, ['2001:db8::1'], 'the race waits for the client to speak')
  client.socket.write(HELLO)
  await until('the hello at the first', () => origin[0]?.received().equals(HELLO) === true)
  clock.advance(249)
  await allArrived()
  t.equal(harness.dialled.length, 1)
  clock.advance(1)
  await until('the hello at the second', () => origin[1]?.received().equals(HELLO) === true)
  const ends = origin.map(
    ({ socket }) => new Promise(resolve => socket.once('close', () => resolve(socket.errored))),
  )
  clock.advance(3)
  origin[1]?.socket.write('ServerHello')
  t.equal((await client.bytes(ANSWERED + 11)).subarray(ANSWERED).toString(), 'ServerHello')
  t.match(await ends[0], { code: 'ECONNRESET' }, 'the first is reset')
  client.socket.write('Finished')
  await until('the rest', () => origin[1]?.received().length === HELLO.length + 8)
  t.equal(origin[0]?.received().length, HELLO.length)
  origin[1]?.socket.end()
  client.socket.end()
  await until('the end', () => harness.sessions.size() === 0)
  const [race] = harness.of('race')
  t.match(harness.events, [
    { type: 'accepted' },
    { type: 'race', outcome: 'won', reply: 0 },
    { type: 'close', bytesUp: HELLO.length + 8, bytesDown: 11, reason: 'eof' },
  ])
  t.match(race && summarise(race.trace), {
    confirmedMs: 1253,
    winner: { address: '192.0.2.1', n: 2 },
    attempts: [{ outcome: 'lost' }, { outcome: 'connected' }],
  })
})

t.test('a race from end to end: the client, or the daemon, ends it', async t => {
  for (const how of ['client', 'daemon'] as const) {
    const harness = await start(t, { ...TWO, confirm: 'tls' })
    const client = await harness.connect()
    await ask(client, byName('two'), TEXT)
    await until('the hello', () => harness.origin[0]?.received().equals(HELLO) === true)
    const closed = new Promise(resolve =>
      harness.origin[0]?.socket.once('close', () => resolve(harness.origin[0]?.socket.errored)),
    )
    if (how === 'client') client.socket.resetAndDestroy()
    else harness.sessions.endAll()
    t.match(await closed, { code: 'ECONNRESET' })
    await until('the end', () => harness.sessions.size() === 0)
    t.match(harness.of('race'), [{ outcome: 'aborted', reply: 0 }])
    t.equal(harness.events.length, 2)
  }
})

t.test('a race from end to end: other first bytes end it at once', async t => {
  const harness = await start(t, { ...TWO, confirm: 'tls' })
  const client = await harness.connect()
  await ask(client, byName('two'), 'HELO ')
  await client.bytes(ANSWERED)
  client.socket.write('example.com')
  await until('all of it', () => harness.origin[0]?.received().toString() === 'HELO example.com')
  t.equal(harness.clock.pending(), 1, 'no timer but that of the pipe')
  t.match(harness.of('race'), [{ outcome: 'won', reply: 0 }])
  t.same(harness.dialled, ['2001:db8::1'])
  client.socket.destroy()
})

t.test('more early data than is kept is no hello', async t => {
  const { hand, harness, client, over } = await begin(t, FORWARD)
  const large = helloMessage({ extensions: [[0, Buffer.alloc(60_000)]] })
  const sent = Buffer.concat([inRecords(large), Buffer.alloc(30_000, 'x')])
  client.socket.write(sent)
  await allArrived()
  const { upstream, target, received } = await openTarget(t)
  t.same(hand.provisional().settled, [null])
  hand.settle(wonBy(upstream))
  await until('all of it', () => received().length === sent.length)
  t.equal(received(), sent.toString('latin1'))
  target.end()
  client.socket.end()
  await until('the end', over)
  t.match(harness.of('close'), [{ bytesUp: sent.length }])
})
