import t from 'tap'
import type { VerifyLogin } from '../../../src/auth/create-verify-login.ts'
import { allArrived } from '../../fixtures/all-arrived.ts'
import { until } from '../../fixtures/listener.ts'
import { bytes, start } from '../../fixtures/listener-start.ts'

const byName = (name: string, early = ''): Buffer =>
  bytes([4, 1, 1, 0xbb, 0, 0, 0, 1, 117, 0], Buffer.from(`${name}\0${early}`))
const byAddress = (...address: number[]): Buffer => bytes([4, 1, 1, 0xbb], address, [117, 0])
const GRANTED = bytes([0, 0x5a, 0x9c, 0xb0, 192, 0, 2, 77])
const REJECTED = bytes([0, 0x5b, 0, 0, 0, 0, 0, 0])

t.test('the reply follows the race, and early data goes to the winner', async t => {
  for (const cut of ['together', 'byte by byte'] as const) {
    const harness = await start(t)
    const client = await harness.connect()
    client.socket.setNoDelay(true)
    const all = byName('slow', 'early ')
    if (cut === 'together') client.socket.write(all)
    else {
      for (const byte of all) {
        client.socket.write(Buffer.of(byte))
        await new Promise(resolve => setImmediate(resolve))
      }
    }
    await until('the race', () => harness.dialled.length === 1)
    await allArrived()
    t.equal(client.received().length, 0, `${cut}: nothing yet`)
    harness.openGate()
    t.same(await client.bytes(8), GRANTED)
    client.socket.write('late')
    await until('all bytes', () => harness.origin[0]?.received().toString() === 'early late')
    t.match(harness.of('race'), [
      { protocol: 'socks4', outcome: 'won', reply: 0x5a, user: null, target: 'slow:443' },
    ])
    client.socket.end()
    harness.origin[0]?.socket.end()
    await until('the close line', () => harness.of('close').length === 1)
    t.match(harness.of('close'), [{ protocol: 'socks4', bytesUp: 10, reason: 'eof' }])
  }
})

t.test('every failure is 5B, and both families of a name are tried', async t => {
  const harness = await start(t)
  const client = await harness.connect()
  client.socket.write(byName('refused.example'))
  await until('the first failure', () => harness.dialled.length === 1)
  await until('the second attempt', () => {
    harness.clock.advance(10)
    return harness.dialled.length === 2
  })
  t.same(await client.bytes(8), REJECTED)
  t.match(harness.of('race'), [{ protocol: 'socks4', outcome: 'failed', reply: 0x5b }])
  t.same(harness.asked, ['refused.example AAAA', 'refused.example A'])
  client.socket.end()
})

t.test('what is no CONNECT to an address or a name', async t => {
  for (const [sent, reason] of [
    [bytes([4, 2, 0, 80, 192, 0, 2, 1, 0]), 'command'],
    [bytes([4, 1, 0, 0]), 'address'],
    [byName('a b'), 'address'],
  ] as const) {
    const harness = await start(t)
    const client = await harness.connect()
    client.socket.write(sent)
    t.same(await client.bytes(8), REJECTED)
    t.match(harness.of('rejected'), [{ protocol: 'socks4', reason, reply: 0x5b, probe: false }])
    client.socket.end()
    await client.over
  }
})

t.test('0.0.0.0 is denied to a client that is not on loopback', async t => {
  const harness = await start(t, { clientAddress: '198.51.100.7', isLocal: false })
  const client = await harness.connect()
  client.socket.write(byAddress(0, 0, 0, 0))
  t.same(await client.bytes(8), REJECTED)
  t.match(harness.of('rejected'), [{ protocol: 'socks4', reason: 'access' }])
  t.same(harness.dialled, [])
  client.socket.end()
})

t.test('where users are required, no SOCKS4 client is served', async t => {
  const verify: VerifyLogin = () => {
    throw new Error('there is no login to verify')
  }
  const harness = await start(t, { verify })
  const client = await harness.connect()
  client.socket.write(byAddress(192, 0, 2, 1))
  t.same(await client.bytes(8), REJECTED)
  t.match(harness.of('rejected'), [{ protocol: 'socks4', reason: 'auth', reply: 0x5b }])
  t.same(harness.dialled, [])
  client.socket.end()
})

t.test('a client that leaves or waits too long before its request is whole', async t => {
  const harness = await start(t)
  const leaving = await harness.connect()
  leaving.socket.end(byName('example.com').subarray(0, 12))
  await leaving.over
  t.match(harness.of('rejected'), [{ reason: 'protocol', probe: false, message: /left/ }])
  const slow = await harness.connect()
  slow.socket.write(byName('example.com').subarray(0, 12))
  await allArrived()
  harness.clock.advance(10_000)
  await slow.over
  t.match(harness.of('rejected')[1], { reason: 'timeout', probe: false, protocol: 'socks4' })
  t.equal(slow.received().length, 0)
})
