import t from 'tap'

import { forgive } from '../../src/core/asker.ts'
import type { AccessRule } from '../../src/access/types.ts'
import { allArrived } from '../fixtures/all-arrived.ts'
import { ABORTED_RACE, FAILED_RACE, handDial, wonBy } from '../fixtures/hand-dial.ts'
import { until } from '../fixtures/listener.ts'
import { ask, byName, bytes, FAILED, GREETING, start } from '../fixtures/listener-start.ts'

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
  const asker = hand.asker()
  t.match(asker, { client: '127.0.0.1', left: false })
  client.socket.resetAndDestroy()
  await until('the abort', hand.aborted)
  if (asker) asker.owed = 1
  hand.settle(ABORTED_RACE)
  await until('the end', () => harness.sessions.size() === 0)
  t.equal(harness.admission.active(), 1)
  const second = await harness.connect()
  second.socket.end()
  await second.over
  t.match(harness.of('rejected'), [{ reason: 'limit' }])
  if (asker) forgive(asker)
  t.equal(harness.admission.active(), 0)
})

t.test('where too many lookups wait, the client is told that, and so is the log', async t => {
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
