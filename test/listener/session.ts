import t from 'tap'

import { allArrived } from '../fixtures/all-arrived.ts'
import { until } from '../fixtures/listener.ts'
import { ask, byName, GREETING, start } from '../fixtures/listener-start.ts'

t.test('ended from outside in its handshake', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.write(GREETING)
  await client.bytes(2)
  harness.clock.advance(7)
  harness.sessions.endAll()
  await client.over
  await until('the end', () => harness.sessions.size() === 0)
  t.match(harness.of('close'), [
    { reason: 'drain', bytesUp: 0, bytesDown: 0, durationMs: 7, target: null },
  ])
  t.equal(harness.events.length, 2)
})

t.test('ended from outside in its race', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  await ask(client, byName('slow'), 'early')
  await until('the race', () => harness.dialled.length === 1)
  harness.sessions.endAll()
  await client.over
  await until('the end', () => harness.sessions.size() === 0)
  t.match(harness.of('race'), [{ outcome: 'aborted' }])
  t.same(harness.cancelled, ['192.0.2.3'])
  t.equal(harness.events.length, 2)
})

t.test('ended from outside in its pipe', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  await ask(client, byName('example.com'), 'data')
  await client.bytes(12)
  await until('the data', () => harness.origin[0]?.received().length === 4)
  harness.sessions.endAll()
  harness.sessions.endAll()
  await client.over
  await until('the end', () => harness.sessions.size() === 0)
  t.match(harness.of('close'), [{ reason: 'drain', bytesUp: 4 }])
  t.equal(harness.events.length, 3)
})

t.test('ended from outside while it lingers', async t => {
  const harness = await start(t, { routes: { '192.0.2.1': 'ECONNREFUSED' } })
  const client = await harness.connect()
  await ask(client, byName('example.com'))
  await client.over
  t.equal(harness.sessions.size(), 1)
  harness.sessions.endAll()
  await until('the end', () => harness.sessions.size() === 0)
  t.equal(harness.events.length, 2, 'its end was reported before')
})

t.test('many connections on one daemon warn of nothing and leave nothing', async t => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const harness = await start(t)
  const clients = await Promise.all(Array.from({ length: 50 }, () => harness.connect()))
  await Promise.all(clients.map(client => ask(client, byName('example.com'))))
  await Promise.all(clients.map(client => client.bytes(12)))
  t.equal(harness.sessions.size(), 50)
  t.equal(new Set(harness.of('accepted').map(({ conn }) => conn)).size, 50)
  harness.sessions.endAll()
  await until('the end', () => harness.sessions.size() === 0)
  await allArrived()
  t.same(warnings, [])
  t.equal(harness.of('close').length, 50)
})

t.test('a hail of bytes: every connection has exactly one end', async t => {
  const harness = await start(t, { waits: { authFailureDelayMs: 0 } })
  let seed = 1
  const next = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  for (let round = 0; round < 60; round++) {
    const client = await harness.connect()
    const length = next(40)
    const first = next(2) === 0 ? [5, 1, 0, 5, 1, 0, next(5)] : []
    client.socket.write(Buffer.from([...first, ...Array.from({ length }, () => next(256))]))
    const how = next(3)
    if (how === 0) client.socket.end()
    else if (how === 1) client.socket.resetAndDestroy()
  }
  await allArrived()
  harness.clock.advance(60_000)
  await allArrived()
  await harness.close()
  await until('the end', () => harness.sessions.size() === 0)
  const ends = harness.events.filter(
    event =>
      event.type === 'rejected' ||
      event.type === 'close' ||
      (event.type === 'race' && event.outcome !== 'won'),
  )
  t.equal(ends.length, 60)
  t.equal(new Set(ends.map(({ conn }) => conn)).size, 60)
})
