/** The PROXY protocol, from a load balancer and to a target, over real sockets and by both engines. */
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { encodeHeader } from '../../src/wire/proxy-protocol/encode-header.ts'
import { createHeaderReader } from '../../src/wire/proxy-protocol/header-reader.ts'
import type { ProxyHeader } from '../../src/wire/proxy-protocol/header.ts'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { nodeHello } from '../fixtures/client-hellos.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { binaryHeader, checkedHeader, proxied, proxyEnd } from '../fixtures/proxy-headers.ts'
import { reload } from '../fixtures/reload.ts'
import type { ProxyAddress, SocksClient } from '../fixtures/socks-client.ts'
import { askSocks, openSocks, requestOf } from '../fixtures/socks-client.ts'
import { startEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const CLIENT = '203.0.113.5'
const LINE = `PROXY TCP4 ${CLIENT} 198.51.100.2 4660 1080\r\n`
const UNKNOWN = 'PROXY UNKNOWN\r\n'
const GREETING = Buffer.from([5, 1, 0])
const BALANCERS = { from: '127.0.0.1' }

/** Clients elsewhere may reach the targets of these tests, which are on loopback. */
const ACCESS = [{ action: 'allow', to: ['127.0.0.0/8', '::1'] }]
const RESOLVER = { search: [], hosts: { 'pair.example.com': ['::1', '127.0.0.1'] } }

const until = async (holds: () => boolean): Promise<void> => {
  if (!(await eventually(holds, 10_000))) throw new Error('waited in vain')
}

/** Sends a header, and then asks as any other client. */
const askThrough = async (
  proxy: ProxyAddress,
  header: string | Uint8Array,
  host: string,
  port: number,
): Promise<{ client: SocksClient; code: number }> => {
  const client = await openSocks(proxy)
  client.write(header)
  await client.greet()
  client.sendRequest(host, port)
  const { code } = await client.readReply()
  return { client, code }
}

/** What a target has got so far, as a header and the bytes behind it. */
const headerOf = async (received: () => Buffer): Promise<{ header: ProxyHeader; rest: string }> => {
  const read = (): ReturnType<ReturnType<typeof createHeaderReader>> =>
    createHeaderReader()(Buffer.from(received()))
  await until(() => read().type === 'header')
  const reading = read()
  if (reading.type !== 'header') throw new Error(reading.type)
  return { header: reading.header, rest: Buffer.from(reading.rest).toString() }
}

const keep = (socket: Socket): (() => Buffer) => {
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(chunk))
  return () => Buffer.concat(chunks)
}

const noLibc = loadLibc().ok ? false : 'the C library cannot be had'

for (const engine of ['splice', 'stream'] as const) {
  const options = { skip: engine === 'splice' && noLibc }
  const base = { access: ACCESS, resolver: RESOLVER, pipe: { engine }, drainTimeout: '2s' }

  await t.test(`${engine}: from a balancer`, options, async t => {
    const target = await tcpTarget(t, echo)
    const path = join(temporaryDirectory(t), 'proxy.sock')
    const eyeballd = await startEyeballd(t, {
      config: {
        ...base,
        listeners: [
          { name: 'mixed', protocol: 'mixed', listen: '127.0.0.1:0', proxyProtocol: BALANCERS },
          { name: 'unix', protocol: 'socks', listen: `unix:${path}`, proxyProtocol: BALANCERS },
          {
            name: 'few',
            protocol: 'socks',
            listen: '127.0.0.1:0',
            proxyProtocol: BALANCERS,
            clients: [CLIENT],
          },
        ],
      },
    })
    const mixed = eyeballd.address('mixed')
    const headers = [
      LINE,
      encodeHeader(2, {
        source: proxyEnd(CLIENT, 4660),
        destination: proxyEnd('198.51.100.2', 1080),
      }),
    ]
    for (const proxy of [mixed, { path }]) {
      for (const header of headers) {
        const { client, code } = await askThrough(proxy, header, target.host, target.port)
        t.equal(code, 0)
        client.write('hello')
        t.equal((await client.read(5)).toString(), 'hello')
        client.socket.end()
        await client.over
      }
    }
    await until(() => eyeballd.linesOf('close').length === 4)
    for (const line of [...eyeballd.linesOf('race'), ...eyeballd.linesOf('close')]) {
      t.equal(line['client'], `${CLIENT}:4660`)
    }
    t.match(eyeballd.linesOf('close')[0], { bytesUp: 5, bytesDown: 5, engine })

    // Everything at once, with a FIN behind it.
    const request = requestOf(target.host, target.port)
    const all = await openSocks(mixed)
    all.socket.end(Buffer.concat([checkedHeader(), GREETING, request, Buffer.from('early')]))
    const { bytes, how } = await all.rest()
    t.equal(how, 'end')
    t.equal(bytes.subarray(12).toString(), 'early')

    // Byte by byte, each in a segment of its own as far as the system lets it.
    const slow = await openSocks(mixed)
    for (const byte of Buffer.concat([Buffer.from(LINE), GREETING, request])) {
      slow.write(Uint8Array.of(byte))
      await new Promise(setImmediate)
    }
    await slow.read(2)
    t.equal((await slow.readReply()).code, 0)
    slow.socket.destroy()

    const http = connect(mixed)
    http.write(`${LINE}CONNECT ${target.host}:${target.port} HTTP/1.1\r\n\r\n`)
    const answer = keep(http)
    await until(() => answer().includes('\r\n\r\n'))
    t.match(answer().toString(), /^HTTP\/1\.1 200 /)
    http.destroy()

    const bare = await openSocks(mixed)
    bare.write(Buffer.from('CONNECT example.com:443 HTTP/1.1\r\n\r\n'))
    t.equal((await bare.rest()).bytes.length, 0, 'no header, no answer')
    t.match(await eyeballd.waitFor(({ event }) => event === 'rejected'), {
      reason: 'protocol',
      client: `127.0.0.1:${bare.socket.localPort}`,
      msg: /does not begin with a PROXY protocol header/,
    })

    const allowed = await openSocks(eyeballd.address('few'))
    allowed.write(LINE)
    t.equal(await allowed.greet(), 0)
    allowed.destroy()
    for (const header of [LINE.replace(CLIENT, '203.0.113.6'), UNKNOWN]) {
      const refused = await openSocks(eyeballd.address('few'))
      refused.write(header)
      refused.write(GREETING)
      t.equal((await refused.rest()).bytes.length, 0, header)
    }
    await eyeballd.waitFor(
      ({ reason, client }) => reason === 'access' && client === '203.0.113.6:4660',
    )
    await eyeballd.stop(t)
  })

  await t.test(`${engine}: to a target`, options, async t => {
    const received: (() => Buffer)[] = []
    const target = await tcpTarget(t, socket => {
      received.push(keep(socket))
      socket.once('data', () => socket.write('220 welcome\r\n'))
    })
    const path = join(temporaryDirectory(t), 'forward.sock')
    const forward = { protocol: 'forward', target: `127.0.0.1:${target.port}` }
    const listen = '127.0.0.1:0'
    const eyeballd = await startEyeballd(t, {
      config: {
        ...base,
        listeners: [
          { ...forward, name: 'v1', listen, egress: { proxyProtocol: 1 } },
          { ...forward, name: 'v2', listen, egress: { proxyProtocol: 2 } },
          { ...forward, name: 'unix', listen: `unix:${path}`, egress: { proxyProtocol: 2 } },
          {
            ...forward,
            name: 'both',
            listen,
            egress: { proxyProtocol: 2 },
            proxyProtocol: BALANCERS,
          },
        ],
      },
    })

    /** Connects, hears the server's greeting first, and says something. */
    const visit = async (proxy: ProxyAddress, first = '', said = 'EHLO') => {
      const before = received.length
      const client = await openSocks(proxy)
      if (first !== '') client.write(first)
      t.equal((await client.read(13)).toString(), '220 welcome\r\n')
      client.write(said)
      const bytes = received[before] ?? (() => Buffer.alloc(0))
      await until(() => bytes().toString().endsWith(said))
      const { localPort } = client.socket
      client.socket.end()
      target.sockets.at(-1)?.end()
      await client.over
      return { ...(await headerOf(bytes)), localPort }
    }

    for (const name of ['v1', 'v2']) {
      const address = eyeballd.address(name)
      const { header, rest, localPort = 0 } = await visit(address)
      t.strictSame(header, proxied('127.0.0.1', localPort, '127.0.0.1', address.port), name)
      t.equal(rest, 'EHLO', 'once, and first')
    }
    t.match(await visit({ path }), { header: { type: 'unknown' }, rest: 'EHLO' })
    const { header, rest } = await visit(eyeballd.address('both'), `${LINE}early`)
    t.strictSame(header, proxied(CLIENT, 4660, '198.51.100.2', 1080), 'as the balancer has it')
    t.equal(rest, 'earlyEHLO')
    t.match(await visit(eyeballd.address('both'), UNKNOWN), { header: { type: 'unknown' } })
    await until(() => eyeballd.linesOf('close').length === 5)
    const moved = eyeballd.linesOf('close').map(({ bytesUp }) => bytesUp)
    t.strictSame(moved, [4, 4, 4, 9, 4], 'the header is none of the client’s bytes')
    t.match(eyeballd.linesOf('close')[0], { engine, bytesDown: 13 })
    await eyeballd.stop(t)
  })

  await t.test(`${engine}: from one eyeballd to the next`, options, async t => {
    const target = await tcpTarget(t, echo)
    const second = await startEyeballd(t, {
      config: {
        ...base,
        listeners: [{ protocol: 'socks', listen: '127.0.0.1:0', proxyProtocol: BALANCERS }],
      },
    })
    const first = await startEyeballd(t, {
      config: {
        ...base,
        listeners: [
          {
            protocol: 'forward',
            listen: '127.0.0.1:0',
            target: second.addresses[0],
            egress: { proxyProtocol: 2 },
          },
        ],
      },
    })
    const { client, reply } = await askSocks(first.address(), target.host, target.port)
    t.equal(reply.code, 0, 'the client is on this host, as is the one that says so')
    const from = `127.0.0.1:${client.socket.localPort}`
    t.match(await second.waitFor(({ event }) => event === 'race'), { client: from })
    client.destroy()
    await first.stop(t)
    await second.stop(t)
  })
}

t.test('confirmed races: a server that speaks first does not wait for its client', async t => {
  const received: (() => Buffer)[] = []
  const target = await tcpTarget(
    t,
    socket => {
      received.push(keep(socket))
      socket.once('data', () => socket.write('220 welcome\r\n'))
    },
    '::',
  )
  const eyeballd = await startEyeballd(t, {
    config: {
      access: ACCESS,
      resolver: RESOLVER,
      eyeballs: { confirm: 'tls', adaptive: false },
      listeners: [
        {
          protocol: 'forward',
          listen: '127.0.0.1:0',
          target: `pair.example.com:${target.port}`,
          egress: { proxyProtocol: 1 },
        },
      ],
    },
  })
  const client = await openSocks(eyeballd.address())
  t.equal((await client.read(13, 5000)).toString(), '220 welcome\r\n')
  client.write('EHLO')
  await until(() => received[0]?.().toString().endsWith('EHLO') === true)
  const text = received[0]?.().toString() ?? ''
  t.match(text, /^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+\r\nEHLO$/)
  t.equal(received.length, 1, 'nobody else got it')
  client.socket.end()
  target.sockets[0]?.end()
  t.match(await eyeballd.waitFor(({ event }) => event === 'close'), { bytesUp: 4, bytesDown: 13 })
  await eyeballd.stop(t)
})

t.test('confirmed races: the header precedes every ClientHello', async t => {
  const hello = await nodeHello({ servername: 'pair.example.com' })
  const received = new Map<string, () => Buffer>()
  const target = await tcpTarget(
    t,
    socket => {
      const isIpv4 = socket.localAddress?.startsWith('::ffff:') === true
      const bytes = keep(socket)
      received.set(isIpv4 ? 'IPv4' : 'IPv6', bytes)
      // The IPv6 address takes everything and answers nothing.
      if (!isIpv4) return
      socket.on('data', () => {
        if (bytes().includes(hello)) socket.write('ServerHello')
      })
    },
    '::',
  )
  const eyeballd = await startEyeballd(t, {
    config: {
      access: ACCESS,
      resolver: RESOLVER,
      eyeballs: { confirm: 'tls', adaptive: false },
      listeners: [
        {
          protocol: 'forward',
          listen: '127.0.0.1:0',
          target: `pair.example.com:${target.port}`,
          proxyProtocol: BALANCERS,
          egress: { proxyProtocol: 1 },
        },
      ],
    },
  })
  const client = await openSocks(eyeballd.address())
  client.write(Buffer.concat([Buffer.from(LINE), hello]))
  t.equal((await client.read(11)).toString(), 'ServerHello')
  const both = Buffer.concat([Buffer.from(LINE), hello]).toString('latin1')
  for (const family of ['IPv6', 'IPv4']) {
    t.equal(received.get(family)?.().toString('latin1'), both, family)
  }
  client.socket.end()
  for (const socket of target.sockets) socket.end()
  const close = await eyeballd.waitFor(({ event }) => event === 'close')
  t.match(close, { bytesUp: hello.length, bytesDown: 11, client: `${CLIENT}:4660` })
  await eyeballd.stop(t)
})

t.test('several processes', async t => {
  const target = await tcpTarget(t, echo)
  const eyeballd = await startEyeballd(t, {
    config: {
      processes: 2,
      access: ACCESS,
      listeners: [
        {
          protocol: 'forward',
          listen: '127.0.0.1:0',
          target: `127.0.0.1:${target.port}`,
          proxyProtocol: { from: ['127.0.0.0/8', '::1'] },
          egress: { proxyProtocol: 1 },
        },
      ],
    },
  })
  for (let n = 0; n < 8; n++) {
    const client = await openSocks(eyeballd.address())
    client.write(`${LINE}hello`)
    t.equal((await client.read(LINE.length + 5)).toString(), `${LINE}hello`)
    client.socket.end()
    t.equal(await client.over, 'end')
  }
  await until(() => eyeballd.linesOf('race').length === 8)
  t.ok(eyeballd.linesOf('race').every(({ client }) => client === `${CLIENT}:4660`))
  await eyeballd.stop(t)
})

t.test('connections without a header hold no more than their places', async t => {
  const target = await tcpTarget(t, echo)
  const config = {
    listeners: [
      { name: 'web', protocol: 'mixed', listen: '127.0.0.1:0', proxyProtocol: BALANCERS },
    ],
    access: ACCESS,
    limits: { maxConnections: 20, maxConnectionsPerClient: 2, handshakeTimeout: '10s' },
    drainTimeout: '1s',
  }
  const eyeballd = await startEyeballd(t, { config })
  const proxy = eyeballd.address('web')
  const silent = await Promise.all(Array.from({ length: 30 }, () => openSocks(proxy)))
  const rejected = () => eyeballd.linesOf('rejected')
  // Of the ten that are too many, four from this host may still send a healthcheck's greeting; the others
  // give way to these.
  await until(() => rejected().length === 6)
  t.ok(rejected().every(({ reason }) => reason === 'limit'))
  const half = binaryHeader(0x21, 0x11, Buffer.alloc(12)).subarray(0, 20)
  const open = () => silent.filter(({ socket }) => !socket.readableEnded && !socket.destroyed)
  await until(() => open().length === 20)
  for (const client of open().slice(0, 5)) client.write(half)
  await Promise.all(silent.map(({ over }) => over))
  await until(() => rejected().filter(({ reason }) => reason === 'timeout').length === 5)
  // Those that sent nothing are logged at level debug.
  t.equal(rejected().length, 11)
  const { client, code } = await askThrough(proxy, LINE, target.host, target.port)
  t.equal(code, 0)
  client.destroy()
  await eyeballd.stop(t)
})

t.test('a reload changes who must send a header; a drain ends who has not', async t => {
  const listener = { name: 'web', protocol: 'socks', listen: '127.0.0.1:0' }
  const rest = { drainTimeout: '300ms', log: { level: 'debug' } }
  const config = (more: object): object => ({ listeners: [{ ...listener, ...more }], ...rest })
  const eyeballd = await startEyeballd(t, { config: config({}) })
  const proxy = eyeballd.address('web')
  const plain = await openSocks(proxy)
  t.equal(await plain.greet(), 0)
  plain.destroy()
  t.notOk((await reload(eyeballd, config({ proxyProtocol: { from: [] } }))).error === undefined)
  await reload(eyeballd, config({ proxyProtocol: BALANCERS }))
  const waiting = await openSocks(proxy)
  const through = await openSocks(proxy)
  through.write(LINE)
  t.equal(await through.greet(), 0)
  await reload(eyeballd, config({}))
  waiting.write(LINE)
  t.equal(await waiting.greet(), 0, 'one that was accepted before is still expected to send it')
  const after = await openSocks(proxy)
  t.equal(await after.greet(), 0)
  await reload(eyeballd, config({ proxyProtocol: BALANCERS }))
  const silent = await openSocks(proxy)
  await sleep(50)
  await eyeballd.stop(t)
  await silent.over
  for (const client of [waiting, through, after]) client.destroy()
})
