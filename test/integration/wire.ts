/** What only shows over the wire: last words, early data, clients that leave, other protocols. */
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { endChild, exitOf, own, within } from '../fixtures/children.ts'
import { createBlackHole } from '../fixtures/create-black-hole.ts'
import { patternOf } from '../fixtures/http-origin.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { socketStatesTo } from '../fixtures/process-figures.ts'
import { openSocks, requestOf } from '../fixtures/socks-client.ts'
import { commandOf, startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, freePort, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const KiB = 1024

const target = await tcpTarget(t, echo)
const hole = await createBlackHole()
t.teardown(hole.close)
const eyeballd = await startEyeballd(t, {
  config: {
    listeners: [
      { name: 'socks', protocol: 'socks', listen: '127.0.0.1:0' },
      {
        name: 'slow',
        protocol: 'forward',
        listen: '127.0.0.1:0',
        target: [`${hole.address}:${hole.port}`, `${target.host}:${target.port}`],
      },
      {
        name: 'dead',
        protocol: 'forward',
        listen: '127.0.0.1:0',
        target: `${hole.address}:${hole.port}`,
      },
    ],
    eyeballs: { connectTimeout: '5s' },
  },
})
const proxy = eyeballd.address('socks')

/** Connections to the black hole that are under way: attempts of races. */
const attempts = (): number =>
  socketStatesTo(hole.port).filter(state => state === 'SYN_SENT').length

await t.test('a refusal reaches a client with 64 KiB of unread data under way', async t => {
  const nobody = await freePort()
  const client = await openSocks(proxy)
  await client.greet()
  client.write(Buffer.concat([requestOf('127.0.0.1', nobody), patternOf(64 * KiB)]))
  t.equal((await client.readReply()).bytes.toString('hex'), '05050001000000000000')
  t.match(await client.over, /end|close/, 'and then the end, not a reset')
  client.destroy()
})

await t.test(
  'early data goes to the winner once, behind the request and during the race',
  async t => {
    const early = patternOf(48 * KiB)
    const client = await openSocks(eyeballd.address('slow'))
    client.write(early.subarray(0, 20 * KiB))
    await sleep(50)
    client.write(early.subarray(20 * KiB))
    t.same(await client.read(early.length), early, 'all of it, in order, echoed once')
    client.socket.end()
    t.equal(await client.over, 'end')
    client.destroy()
  },
)

await t.test('a forward: a client that sends and closes during the race is served', async t => {
  const client = await openSocks(eyeballd.address('slow'))
  client.socket.end('hello')
  const { bytes, how } = await client.rest()
  t.equal(bytes.toString(), 'hello')
  t.equal(how, 'end')
  client.destroy()
})

await t.test('a client that leaves during its race ends it, with its attempts', async t => {
  for (const how of ['reset', 'FIN'] as const) {
    const lineOf = eyeballd.nextClient()
    const client = await openSocks(proxy)
    const port = client.socket.localPort
    await client.greet()
    client.sendRequest(hole.address, hole.port)
    t.ok(await eventually(() => attempts() === 1), 'the attempt is under way')
    if (how === 'reset') client.socket.resetAndDestroy()
    else client.socket.end()
    t.match(await lineOf('race', port), { outcome: 'aborted', reply: null }, how)
    t.ok(await eventually(() => attempts() === 0), 'and gone')
    client.destroy()
  }
})

await t.test('a FIN behind early data is half-close: the race goes on', async t => {
  const lineOf = eyeballd.nextClient()
  const client = await openSocks(proxy)
  const port = client.socket.localPort
  await client.greet()
  client.sendRequest(hole.address, hole.port)
  client.socket.end('early')
  const { code } = await client.readReply()
  t.equal(code, 6, 'it ends by its deadline')
  t.match(await lineOf('race', port), { outcome: 'failed', reply: 6 })
  client.destroy()
})

await t.test('a forward that fails resets its client', async t => {
  const client = await openSocks(eyeballd.address('dead'))
  t.equal(await client.over, 'ECONNRESET')
  client.destroy()
})

await t.test('the whole handshake at once, and byte by byte', async t => {
  const bytes = Buffer.concat([
    Buffer.from([5, 1, 0]),
    requestOf(target.host, target.port),
    Buffer.from('hello'),
  ])
  for (const step of [bytes.length, 1]) {
    const client = await openSocks(proxy)
    for (let at = 0; at < bytes.length; at += step) {
      client.write(bytes.subarray(at, at + step))
      if (step === 1) await sleep(2)
    }
    t.same([...(await client.read(2))], [5, 0])
    const { code, address, port } = await client.readReply()
    t.equal(code, 0)
    t.equal(address, '127.0.0.1', "the winner's local address")
    t.equal((await client.read(5)).toString(), 'hello')
    t.ok(
      target.sockets.some(socket => socket.remotePort === port),
      'and port',
    )
    client.socket.end()
    await client.over
    client.destroy()
  }
})

await t.test('other protocols are answered in their own language', async t => {
  const talks = [
    ['SOCKS4 BIND', Buffer.from([4, 2, 0, 80, 127, 0, 0, 1, 0]), /^005b/],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /^485454502f312e31/],
    ['TLS', Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]), /^$/],
    ['no method', Buffer.from([5, 0]), /^05ff$/],
    ['BIND', Buffer.from([5, 1, 0, 5, 2, 0, 1, 127, 0, 0, 1, 0, 80]), /^05000507000100000000/],
    ['address type', Buffer.from([5, 1, 0, 5, 1, 0, 2]), /^05000508000100000000/],
    ['no name', Buffer.from([5, 1, 0, 5, 1, 0, 3, 0, 0, 80]), /^05000501000100000000/],
  ] as const
  for (const [name, bytes, answer] of talks) {
    const lineOf = eyeballd.nextClient()
    const client = await openSocks(proxy)
    const port = client.socket.localPort
    client.write(bytes)
    const got = await within(5000, `${name} is closed`, client.rest())
    t.match(got.bytes.toString('hex'), answer, name)
    t.match(got.how, /end|close/, `${name}: closed in order`)
    client.destroy()
    // The line may come after the answer.
    await lineOf('rejected', port)
  }
})

await t.test('probes and healthchecks are no news', async t => {
  // The log is written behind the wire's back: what was said before must have come.
  await eyeballd.waitFor(({ reason, reply }) => reason === 'address' && reply === 1)
  const before = eyeballd.lines.length
  const probe = await openSocks(proxy)
  probe.destroy()
  const words = [...commandOf(), 'healthcheck', '--proxy', `127.0.0.1:${proxy.port}`]
  const [program, ...rest] = words
  const child = own(spawn(program ?? '', rest, { stdio: 'ignore' }))
  t.teardown(() => endChild(child))
  t.equal((await within(15_000, 'the healthcheck ends', exitOf(child))).code, 0)
  // Lines keep their order: what these two had to say would stand before the line of a later client.
  const lineOf = eyeballd.nextClient()
  const later = await openSocks(proxy)
  const port = later.socket.localPort
  later.write(Buffer.from([5, 0]))
  await within(5000, 'the later client is closed', later.rest())
  later.destroy()
  const line = await lineOf('rejected', port)
  t.equal(eyeballd.lines[before], line)
})

await t.test('it ends in order', async t => {
  await eyeballd.stop(t)
})
