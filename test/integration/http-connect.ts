/** HTTP CONNECT through a daemon, over real sockets: what clients get, and what the log says. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import t from 'tap'
import type { Test } from 'tap'
import { connect as connectTls } from 'node:tls'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { makeCertificate } from '../fixtures/certificate.ts'
import { within } from '../fixtures/children.ts'
import type { BlackHole } from '../fixtures/create-black-hole.ts'
import { createBlackHole } from '../fixtures/create-black-hole.ts'
import { createDnsServer } from '../fixtures/dns-server.ts'
import { patternOf } from '../fixtures/http-origin.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { openDescriptors } from '../fixtures/process-figures.ts'
import { runProgram, unlessMissing } from '../fixtures/programs.ts'
import type { SocksClient } from '../fixtures/socks-client.ts'
import { openSocks } from '../fixtures/socks-client.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, freePort, tcpTarget } from '../fixtures/tcp-target.ts'
import { swallow, tlsTargets } from '../fixtures/tls-targets.ts'

t.setTimeout(120_000)

const loaded = loadLibc()
const noLibc = loaded.ok ? false : `the C library cannot be had: ${loaded.reason}`

const LISTENERS = [
  { name: 'mixed', protocol: 'mixed', listen: '127.0.0.1:0' },
  { name: 'http', protocol: 'http', listen: '127.0.0.1:0' },
  {
    name: 'users',
    protocol: 'http',
    listen: '127.0.0.1:0',
    auth: { users: { jürgen: 'pass:wörd' } },
  },
]

const basic = (login: string): string =>
  `Proxy-Authorization: Basic ${Buffer.from(login).toString('base64')}\r\n`

const requestOf = (target: string, fields = ''): string =>
  `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${fields}\r\n`

/** Reads the head of the answer, byte by byte, so that what is behind it stays. */
const readHead = async (client: SocksClient): Promise<string> => {
  let head = ''
  while (!head.endsWith('\r\n\r\n')) head += (await client.read(1)).toString('latin1')
  return head
}

/** Asks for a tunnel: the client and the head of the answer. */
const ask = async (
  address: { readonly host: string; readonly port: number },
  target: string,
  fields = '',
): Promise<{ readonly client: SocksClient; readonly head: string }> => {
  const client = await openSocks(address)
  client.write(requestOf(target, fields))
  return { client, head: await readHead(client) }
}

/** A web server at 127.0.0.1 and a black hole at ::1, both with one port. */
const brokenIpv6 = async (t: Test): Promise<BlackHole> => {
  for (;;) {
    const hole = await createBlackHole('::1')
    const server = createServer((request, response) => {
      if (request.url === '/large') return response.end(patternOf(4 * 1024 * 1024))
      return request.pipe(response)
    })
    server.listen(hole.port, '127.0.0.1')
    const isOpen = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (isOpen) {
      t.teardown(async () => {
        server.closeAllConnections()
        server.close()
        await hole.close()
      })
      return hole
    }
    await hole.close()
  }
}

const dns = await createDnsServer({ 'empty.example A': { addresses: [] } })
t.teardown(() => dns.close())
const hole = await brokenIpv6(t)
const target = await tcpTarget(t, echo)

const start = (t: Test, pipe: object, config: object = {}): Promise<Eyeballd> =>
  startEyeballd(t, {
    config: {
      listeners: LISTENERS,
      pipe,
      resolver: {
        servers: [dns.address],
        search: [],
        hosts: {
          'broken-ipv6.example': ['::1', '127.0.0.1'],
          'hole.example': ['::1'],
          'echo.example': ['127.0.0.1'],
        },
      },
      access: [{ action: 'deny', to: ['denied.example', '127.0.0.9'] }],
      eyeballs: { connectTimeout: '2s', adaptive: false },
      limits: { authFailureDelay: '100ms' },
      drainTimeout: '500ms',
      ...config,
    },
  })

for (const engine of ['splice', 'stream'] as const) {
  const skip = engine === 'splice' && noLibc
  await t.test(
    `${engine}: curl, over broken IPv6`,
    { skip: skip || unlessMissing('curl') },
    async t => {
      const eyeballd = await start(t, { engine })
      const url = `http://broken-ipv6.example:${hole.port}`
      for (const listener of ['mixed', 'http', 'users']) {
        const { host, port } = eyeballd.address(listener)
        const user = listener === 'users' ? ['--proxy-user', 'jürgen:pass:wörd'] : []
        const curl = (...args: readonly string[]) =>
          runProgram(t, 'curl', [
            '-sS',
            '-p',
            '--max-time',
            '20',
            '-x',
            `http://${host}:${port}`,
            ...user,
            ...args,
          ])
        const download = await curl(`${url}/large`)
        t.equal(download.code, 0, download.stderr)
        t.ok(Buffer.from(download.stdout, 'latin1').equals(patternOf(4 * 1024 * 1024)), 'whole')
        const upload = await curl('--data-binary', 'sent', `${url}/echo`)
        t.equal(upload.stdout, 'sent')
        const refused = await curl(`http://denied.example:${hole.port}/`)
        t.match(refused.stderr, /403/)
      }
      const races = eyeballd.linesOf('race')
      t.equal(races.length, 6)
      for (const race of races) t.match(race, { protocol: 'http', outcome: 'won', hidden: true })
      t.equal(races.filter(({ user }) => user === 'jürgen').length, 2)
      await eventually(() => eyeballd.linesOf('close').length === 6)
      for (const close of eyeballd.linesOf('close')) t.match(close, { protocol: 'http', engine })
      t.notMatch(eyeballd.output(), /wörd|anVlcm|asO8cmdlbg/)
      await eyeballd.stop(t)
    },
  )

  await t.test(`${engine}: early data, half-close and many at a time`, { skip }, async t => {
    const eyeballd = await start(t, { engine })
    const before = openDescriptors(eyeballd.pid)
    const talk = async (i: number): Promise<void> => {
      const client = await openSocks(eyeballd.address(i % 2))
      const early = patternOf(i * 1000)
      client.write(Buffer.concat([Buffer.from(requestOf(`echo.example:${target.port}`)), early]))
      client.socket.end()
      t.match(await readHead(client), /^HTTP\/1\.1 200 [^]*next-hop="127\.0\.0\.1:\d+"\r\n\r\n$/)
      const { bytes, how } = await client.rest()
      t.ok(bytes.equals(early) && how === 'end', `${i * 1000} bytes came back`)
    }
    await Promise.all(Array.from({ length: 40 }, (_, i) => talk(i + 1)))
    t.ok(await eventually(() => openDescriptors(eyeballd.pid) <= before), 'nothing is left open')
    await eyeballd.stop(t)
  })
}

await t.test('each failure has its status, its Proxy-Status and its line', async t => {
  const eyeballd = await start(t, {})
  const own = eyeballd.address('mixed').port
  const nobody = await freePort()
  const rows = [
    [`127.0.0.1:${nobody}`, 502, 'connection_refused', 'race'],
    [`hole.example:${hole.port}`, 504, 'connection_timeout', 'race'],
    ['absent.example:80', 502, 'dns_error; rcode="NXDOMAIN"', 'race'],
    ['empty.example:80', 502, 'dns_error; rcode="NOERROR"', 'race'],
    ['denied.example:80', 403, 'destination_ip_prohibited', 'rejected'],
    ['127.0.0.9:80', 403, 'destination_ip_prohibited', 'rejected'],
    [`127.0.0.1:${own}`, 403, 'proxy_loop_detected', 'rejected'],
    [`echo.example:${own}`, 403, 'proxy_loop_detected', 'rejected'],
    ['a..b:80', 502, 'dns_error', 'rejected'],
    ['127.0.0.1:0', 400, 'http_request_error', 'rejected'],
  ] as const
  for (const [name, status, error, event] of rows) {
    const lineOf = eyeballd.nextClient()
    const { client, head } = await ask(eyeballd.address('mixed'), name)
    t.match(head, new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\nConnection: close\r\n`), name)
    t.match(head, `\r\nProxy-Status: eyeballd; error=${error}\r\n`, name)
    const { bytes, how } = await client.rest()
    t.match(bytes.toString(), /^[ -~]+\n$/, 'one line of text')
    t.equal(how, 'end')
    const line = await lineOf(event, client.socket.localPort)
    t.match(line, { protocol: 'http', reply: status })
    client.destroy()
  }
  await eyeballd.stop(t)
})

await t.test('logins: none, a wrong one, a right one', async t => {
  const eyeballd = await start(t, {})
  const address = eyeballd.address('users')
  const name = `echo.example:${target.port}`
  for (const fields of ['', basic('jürgen:secret'), basic('nobody:pass:wörd'), 'X: 1\r\n']) {
    const { client, head } = await ask(address, name, fields)
    t.match(head, /^HTTP\/1\.1 407 [^]*\r\nProxy-Authenticate: Basic realm="eyeballd", charset/)
    t.equal((await client.rest()).how, 'end')
    client.destroy()
  }
  const { client, head } = await ask(address, name, basic('jürgen:pass:wörd'))
  t.match(head, /^HTTP\/1\.1 200 /)
  client.write('hello')
  t.equal((await client.read(5)).toString(), 'hello', 'the target got nothing but this')
  client.destroy()
  t.match(await eyeballd.waitFor(({ event }) => event === 'close'), { user: 'jürgen', bytesUp: 5 })
  t.equal(eyeballd.linesOf('rejected').filter(({ reason }) => reason === 'auth').length, 4)
  t.notMatch(eyeballd.output(), /secret|wörd/)
  await eyeballd.stop(t)
})

await t.test(
  'confirm: a target that accepts and never answers TLS loses',
  {
    skip: unlessMissing('openssl'),
  },
  async t => {
    const certificate = makeCertificate(t, 'www.example.com')
    const targets = await tlsTargets(t, certificate)
    targets.set('::1', swallow)
    targets.set('127.0.0.2', targets.tls())
    const eyeballd = await start(
      t,
      {},
      {
        resolver: { search: [], hosts: { 'www.example.com': ['::1', '127.0.0.2'] } },
        eyeballs: { confirm: 'tls', adaptive: false, connectTimeout: '10s' },
      },
    )
    const { client, head } = await ask(eyeballd.address('mixed'), `www.example.com:${targets.port}`)
    t.match(head, /^HTTP\/1\.1 200 [^]*next-hop="\[::1\]:/, 'the first connection')
    const secure = connectTls({
      socket: client.release(),
      servername: 'www.example.com',
      ca: certificate.cert,
    })
    secure.write('hello')
    const [answer] = (await within(10_000, 'the answer', once(secure, 'data'))) as [Buffer]
    t.equal(answer.toString(), 'hello')
    secure.destroy()
    const line = await eyeballd.waitFor(({ event }) => event === 'race')
    t.match(line, { outcome: 'won', winner: { address: '127.0.0.2' } })
    await eyeballd.stop(t)
  },
)

await t.test('a full daemon is 503, and a drain ends what is left', async t => {
  // The drain ends both clients, and no other deadline before it does.
  const limits = { maxConnections: 2, handshakeTimeout: '60s' }
  const eyeballd = await start(t, {}, { limits, drainTimeout: '5s' })
  const address = eyeballd.address('http')
  const open = await ask(address, `echo.example:${target.port}`)
  t.match(open.head, /^HTTP\/1\.1 200 /)
  const silent = await openSocks(address)
  silent.write('CONNECT ')
  const full = await ask(address, `echo.example:${target.port}`)
  t.match(full.head, /^HTTP\/1\.1 503 [^]*error=connection_limit_reached\r\n/)
  await full.client.rest()
  full.client.destroy()
  t.match(await eyeballd.waitFor(({ event }) => event === 'rejected'), {
    protocol: 'http',
    reason: 'limit',
    reply: 503,
  })
  eyeballd.kill('SIGTERM')
  await eyeballd.waitFor(({ event }) => event === 'draining')
  open.client.write('still here')
  t.equal((await open.client.read(10)).toString(), 'still here')
  t.equal((await within(60_000, 'it ends', eyeballd.exited)).code, 0)
  await open.client.over
  await silent.over
  t.match(
    eyeballd.linesOf('close').map(({ reason }) => reason),
    ['drain', 'drain'],
  )
})
