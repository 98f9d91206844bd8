import t from 'tap'

import { parseCidr } from '../../../src/core/cidr.ts'
import { createForward } from '../../../src/listener/protocols/forward.ts'
import type { Session } from '../../../src/listener/protocol-types.ts'
import { allArrived } from '../../fixtures/all-arrived.ts'
import type { HarnessOptions } from '../../fixtures/listener.ts'
import { until } from '../../fixtures/listener.ts'
import { start } from '../../fixtures/listener-start.ts'

const to = (...hosts: string[]): HarnessOptions => ({
  forward: hosts.map(host => ({ host, port: 5432 })),
})

t.test('it asks for its targets at once, and for nothing more', async t => {
  const targets = [{ host: 'db.example', port: 5432 }]
  const asked: unknown[] = []
  const session = { request: (which: unknown) => asked.push(which) } as unknown as Session
  const protocol = createForward(targets, null)(session)
  protocol.begin()
  protocol.receive(Buffer.from('early'))
  protocol.ended()
  protocol.stop()
  t.strictSame(asked, [targets])
  t.match(protocol.gone('left'), { reason: 'protocol', message: /left/ })
  t.equal(protocol.probe(), false)
})

t.test('the target gets the header first and once, whoever speaks first', async t => {
  const header = 'PROXY TCP4 192.0.2.8 127.0.0.1 '
  for (const said of ['', 'early']) {
    const options = { ...to('example.com'), proxyVersion: 1 as const, clientAddress: '192.0.2.8' }
    const harness = await start(t, options)
    const client = await harness.connect()
    if (said !== '') client.socket.write(said)
    await until('the header', () => (harness.origin[0]?.received().length ?? 0) > header.length)
    harness.origin[0]?.socket.write('welcome')
    t.equal((await client.bytes(7)).toString(), 'welcome')
    client.socket.write('late')
    await until(
      'the bytes',
      () => harness.origin[0]?.received().toString().endsWith('late') === true,
    )
    client.socket.end()
    harness.origin[0]?.socket.end()
    await until('the end', () => harness.of('close').length === 1)
    const [line, rest] = harness.origin[0]?.received().toString().split('\r\n') ?? []
    t.match(line, /^PROXY TCP4 192\.0\.2\.8 127\.0\.0\.1 \d+ \d+$/)
    t.equal(rest, `${said}late`)
    t.match(harness.of('close'), [{ bytesUp: said.length + 4, bytesDown: 7 }])
  }
})

t.test('the target gets the client that a balancer has named', async t => {
  const balancers = ['127.0.0.0/8'].flatMap(text => parseCidr(text) ?? [])
  const sent: readonly (readonly [string, string])[] = [
    ['PROXY TCP4 192.0.2.8 192.0.2.9 1 2\r\n', 'PROXY TCP4 192.0.2.8 192.0.2.9 1 2'],
    ['PROXY UNKNOWN\r\n', 'PROXY UNKNOWN'],
  ]
  for (const [header, expected] of sent) {
    const harness = await start(t, { ...to('example.com'), balancers, proxyVersion: 1 })
    const client = await harness.connect()
    client.socket.write(`${header}early`)
    const all = `${expected}\r\nearly`
    await until('the bytes', () => harness.origin[0]?.received().length === all.length)
    t.equal(harness.origin[0]?.received().toString(), all)
    client.socket.destroy()
  }
})

t.test('what the client sends at once waits for the target', async t => {
  const harness = await start(t, to('slow'))
  const client = await harness.connect()
  client.socket.write('hello ')
  await until('the race', () => harness.dialled.length === 1)
  client.socket.write('target')
  await allArrived()
  t.equal(harness.origin.length, 0)
  harness.openGate()
  await until('the data', () => harness.origin[0]?.received().toString() === 'hello target')
  harness.origin[0]?.socket.end('hello client')
  t.equal((await client.bytes(12)).toString(), 'hello client', 'and nothing of ours before it')
  client.socket.end()
  await until('the close line', () => harness.of('close').length === 1)
  t.match(harness.events, [
    { type: 'accepted' },
    { type: 'race', outcome: 'won', reply: null, target: 'slow:5432', user: null },
    { type: 'close', bytesUp: 12, bytesDown: 12, reason: 'eof' },
  ])
})

t.test(
  'the race begins before the client has said anything, and no handshake timer runs',
  async t => {
    const harness = await start(t, to('slow'))
    const client = await harness.connect()
    await until('the race', () => harness.dialled.length === 1)
    harness.clock.advance(20_000)
    harness.openGate()
    await until('the origin', () => harness.origin.length === 1)
    harness.origin[0]?.socket.write('220 ready')
    t.equal((await client.bytes(9)).toString(), '220 ready')
    client.socket.destroy()
  },
)

t.test('a FIN is half-close, also with nothing before it', async t => {
  for (const said of ['', 'a question']) {
    const harness = await start(t, to('slow'))
    const client = await harness.connect()
    await until('the race', () => harness.dialled.length === 1)
    client.socket.end(said)
    await allArrived()
    t.equal(harness.of('race').length, 0, 'the race goes on')
    harness.openGate()
    await until('the FIN', () => harness.origin[0]?.ended === true)
    t.equal(harness.origin[0]?.received().toString(), said)
    harness.origin[0]?.socket.end('an answer')
    t.equal((await client.bytes(9)).toString(), 'an answer')
    await until('the close line', () => harness.of('close').length === 1)
    t.match(harness.of('close'), [{ reason: 'eof', bytesUp: said.length, bytesDown: 9 }])
  }
})

t.test('a reset ends the race, also right behind data', async t => {
  for (const said of ['', 'data']) {
    const harness = await start(t, to('slow'))
    const client = await harness.connect()
    await until('the race', () => harness.dialled.length === 1)
    if (said !== '') client.socket.write(said)
    client.socket.resetAndDestroy()
    await until('the event', () => harness.of('race').length === 1)
    t.match(harness.of('race'), [{ outcome: 'aborted', reply: null }])
    t.same(harness.cancelled, ['192.0.2.3'])
    t.equal(harness.origin.length, 0)
  }
})

t.test('a race that fails resets the client: an error, not an empty success', async t => {
  for (const host of ['192.0.2.2', 'nowhere.example']) {
    const harness = await start(t, to(host))
    const client = await harness.connect()
    t.equal(await client.over, 'ECONNRESET', host)
    t.equal(client.received().length, 0)
    t.match(harness.of('race'), [{ outcome: 'failed', reply: null, target: `${host}:5432` }])
    t.equal(harness.events.length, 2)
  }
})

t.test('several targets are raced as one', async t => {
  const harness = await start(t, to('192.0.2.2', '192.0.2.1'))
  const client = await harness.connect()
  await until('the first target', () => harness.dialled.length === 1)
  await allArrived()
  harness.clock.advance(10)
  await until('the origin', () => harness.origin.length === 1)
  t.same(harness.dialled, ['192.0.2.2', '192.0.2.1'])
  await until('the race', () => harness.of('race').length === 1)
  t.match(harness.of('race'), [{ outcome: 'won', target: '192.0.2.2:5432,192.0.2.1:5432' }])
  client.socket.destroy()
})

t.test('a target that is denied resets the client', async t => {
  const rule = {
    action: 'deny' as const,
    clients: null,
    users: null,
    ports: null,
    to: [
      {
        type: 'name' as const,
        name: 'example.com',
      },
    ],
  }
  const harness = await start(t, { ...to('example.com'), rules: [rule] })
  const client = await harness.connect()
  t.equal(await client.over, 'ECONNRESET')
  t.match(harness.of('rejected'), [{ reason: 'access', probe: false, target: 'example.com:5432' }])
  t.notOk('reply' in (harness.of('rejected')[0] ?? {}))
  t.equal(harness.asked.length, 0)
  const mixed = await start(t, { ...to('example.com', '192.0.2.1'), rules: [rule] })
  const other = await mixed.connect()
  await until('the origin', () => mixed.origin.length === 1)
  t.same(mixed.asked, ['192.0.2.1 A'], 'the denied one is not even looked up')
  other.socket.destroy()
})
