import type { RemoteInfo } from 'node:dgram'
import { createSocket } from 'node:dgram'
import { closeSync, openSync } from 'node:fs'
import type { Test } from 'tap'
import t from 'tap'
import { createOpenUdp } from '../../../src/net/node/open-udp.ts'
import { openDescriptors } from '../../fixtures/process-figures.ts'
import { until } from '../../fixtures/socket-pair.ts'
import { tcpTarget } from '../../fixtures/tcp-target.ts'

const openUdp = createOpenUdp(name => name === 'lo')

const serverOn = async (t: Test, address = '127.0.0.1') => {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  const heard: { text: string; from: RemoteInfo }[] = []
  socket.on('message', (bytes, from) => heard.push({ text: bytes.toString(), from }))
  await new Promise<void>(resolve => socket.bind(0, address, resolve))
  t.teardown(() => socket.close())
  const family = address.includes(':') ? 6 : 4
  return { socket, heard, endpoint: { address, family, port: socket.address().port } as const }
}

const opened = (endpoint: Parameters<typeof openUdp>[0]) => {
  const messages: string[] = []
  const failures: string[] = []
  const socket = openUdp(endpoint, {
    message: bytes => messages.push(Buffer.from(bytes).toString()),
    failed: code => failures.push(code),
  })
  return { ...socket, messages, failures }
}

t.test('datagrams arrive in order, both ways', async t => {
  for (const address of ['127.0.0.1', '::1']) {
    const { socket, heard, endpoint } = await serverOn(t, address)
    const client = opened(endpoint)
    t.teardown(client.close)
    client.send(Buffer.from('one'))
    client.send(Buffer.from('two'))
    await until('datagrams arrive', () => heard.length === 2)
    t.same(
      heard.map(({ text }) => text),
      ['one', 'two'],
      address,
    )
    const port = heard[0]?.from.port ?? 0
    socket.send('back', port, address)
    await until('an answer comes', () => client.messages.length === 1)
    t.same(client.messages, ['back'])
    client.send(Buffer.from('three'))
    await until('datagrams arrive', () => heard.length === 3)
    t.equal(heard[2]?.from.port, port, 'from one port')
  }
})

t.test('every socket has a port of its own, chosen at random', async t => {
  const { heard, endpoint } = await serverOn(t)
  const clients = Array.from({ length: 50 }, () => opened(endpoint))
  for (const client of clients) client.send(Buffer.from('hello'))
  await until('datagrams arrive', () => heard.length === clients.length)
  for (const client of clients) client.close()
  const ports = heard.map(({ from }) => from.port)
  t.equal(new Set(ports).size, clients.length)
  const steps = new Set(ports.map((port, i) => port - (ports[i - 1] ?? 0)))
  t.ok(steps.size > 25, 'not one behind the other')
})

t.test('datagrams of another address or port are dropped', async t => {
  const { socket, heard, endpoint } = await serverOn(t)
  const client = opened(endpoint)
  t.teardown(client.close)
  client.send(Buffer.from('hello'))
  await until('datagrams arrive', () => heard.length === 1)
  const port = heard[0]?.from.port ?? 0
  const spoofer = await serverOn(t, '127.0.0.2')
  const neighbour = await serverOn(t)
  const send = (from: typeof socket, text: string) =>
    new Promise(resolve => from.send(text, port, '127.0.0.1', resolve))
  await send(spoofer.socket, 'wrong address')
  await send(neighbour.socket, 'wrong port')
  await send(socket, 'right')
  await until('an answer comes', () => client.messages.length > 0)
  t.same(client.messages, ['right'])
})

t.test('no listener, no route, no such zone', async t => {
  // Where a TCP server listens, no UDP one does.
  const { host: address, port } = await tcpTarget(t)
  const refused = opened({ address, family: 4, port })
  refused.send(Buffer.from('hello'))
  await until('the socket fails', () => refused.failures.length > 0)
  t.same(refused.failures, ['ECONNREFUSED'])
  const zone = opened({ address: 'fe80::53%no-such-zone', family: 6, port: 53 })
  t.same(zone.failures, [], 'not before it has returned')
  zone.send(Buffer.from('hello'))
  await until('the socket fails', () => zone.failures.length > 0)
  t.same(zone.failures, ['ENETUNREACH'])
  zone.close()
  zone.send(Buffer.from('nobody minds'))
})

t.test('it is closed when close returns, and calls nothing after it', async t => {
  const { heard, endpoint } = await serverOn(t)
  const before = openDescriptors(process.pid)
  const clients = Array.from({ length: 20 }, () => opened(endpoint))
  for (const client of clients) client.send(Buffer.from('hello'))
  await until('datagrams arrive', () => heard.length === clients.length)
  t.equal(openDescriptors(process.pid) - before, clients.length, 'a descriptor each')
  for (const client of clients) client.close()
  t.equal(openDescriptors(process.pid), before)
  const early = opened(endpoint)
  early.send(Buffer.from('never sent'))
  early.close()
  early.close()
  await new Promise(resolve => setImmediate(resolve))
  t.equal(heard.length, clients.length)
  t.equal(openDescriptors(process.pid), before)
})

t.test(
  'without a free descriptor it fails with EMFILE',
  { skip: process.platform === 'win32' },
  async t => {
    const { endpoint } = await serverOn(t)
    const taken: number[] = []
    // What the test itself opens later has to be there by now.
    opened(endpoint).close()
    try {
      for (;;) taken.push(openSync('/dev/null', 'r'))
    } catch {
      // The limit is reached.
    }
    const client = opened(endpoint)
    for (const fd of taken) closeSync(fd)
    t.same(client.failures, [], 'not before it has returned')
    await until('the socket fails', () => client.failures.length > 0)
    t.same(client.failures, ['EMFILE'])
  },
)
