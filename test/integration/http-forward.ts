/** Requests with an http URL through a daemon, over real sockets: origins and clients, good and bad ones. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import { Agent, createServer, request as requestHttp } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { within } from '../fixtures/children.ts'
import { httpOrigin, patternOf } from '../fixtures/http-origin.ts'
import { requestTo } from '../fixtures/http-talk.ts'
import { eventually, inParallel } from '../fixtures/in-parallel.ts'
import { openDescriptors, peakResidentMiB } from '../fixtures/process-figures.ts'
import { runProgram, unlessMissing } from '../fixtures/programs.ts'
import { reload } from '../fixtures/reload.ts'
import { makeSocketDir } from '../fixtures/socket-dir.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(180_000)

const loaded = loadLibc()
const noLibc = loaded.ok ? false : `the C library cannot be had: ${loaded.reason}`

const MIB = 1024 * 1024
const TRICKLE_MS = 250

const origin = await httpOrigin(t)

const CONFIG = {
  listeners: [
    { name: 'mixed', protocol: 'mixed', listen: '127.0.0.1:0' },
    { name: 'users', protocol: 'http', listen: '127.0.0.1:0', auth: { users: { eve: 'secret' } } },
  ],
  access: [{ action: 'deny', to: ['denied.example'] }],
  resolver: {
    servers: ['127.0.0.1:1'],
    search: [],
    hosts: { 'a.example': ['127.0.0.1'], 'b.example': ['::1', '127.0.0.1'] },
  },
  limits: { handshakeTimeout: '2s', authFailureDelay: '50ms' },
  log: { level: 'debug' },
  drainTimeout: '20s',
}

const start = (t: Test, pipe: object, config: object = {}): Promise<Eyeballd> =>
  startEyeballd(t, { config: { ...CONFIG, pipe, ...config } })

type Address = { readonly host: string; readonly port: number }

type Heard = {
  readonly status: number
  readonly body: Buffer
  readonly response: IncomingMessage
  readonly request: ClientRequest
}

/** Sends a request to the proxy; rejects if the response is not whole. */
const ask = (
  proxy: Address,
  url: string,
  options: RequestOptions = {},
  write: (request: ClientRequest) => void = request => request.end(),
): Promise<Heard> =>
  new Promise((resolve, reject) => {
    const request = requestHttp({ ...proxy, path: url, agent: false, ...options }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode: status = 0 } = response
        resolve({ status, body: Buffer.concat(chunks), response, request })
      })
    })
    request.on('error', reject)
    write(request)
  })

/** Sends bytes to the proxy and gives all that comes until the end, or until it has come. */
const talk = (proxy: Address, bytes: string | Buffer, until?: RegExp): Promise<string> =>
  new Promise(resolve => {
    let text = ''
    const socket = connect(proxy.port, proxy.host)
    const done = (): void => {
      socket.destroy()
      resolve(text)
    }
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      if (until?.test(text) === true) done()
    })
    socket.on('end', done).on('error', done).on('close', done)
    socket.write(bytes)
  })

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** Serves a first request, and gives the descriptors that stay open after it. */
const warmedUp = async (eyeballd: Eyeballd): Promise<number> => {
  await ask(eyeballd.address('mixed'), `${origin.url}/warm`)
  await eyeballd.waitFor(({ event }) => event === 'close')
  return openDescriptors(eyeballd.pid)
}

const nothingLeft = async (t: Test, { pid }: Eyeballd, before: number): Promise<void> => {
  t.ok(await eventually(() => openDescriptors(pid) <= before, 45_000), 'no descriptor is left')
  t.equal(openDescriptors(pid), before)
}

for (const engine of ['splice', 'stream'] as const) {
  const skip = engine === 'splice' && noLibc
  await t.test(`${engine}: requests of one client, to several targets`, { skip }, async t => {
    const eyeballd = await start(t, { engine })
    const proxy = eyeballd.address('mixed')
    const before = await warmedUp(eyeballd)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const connections = origin.connections()
    for (let i = 0; i < 20; i++) {
      const { status, body, request } = await ask(proxy, `${origin.url}/n${i}`, { agent })
      t.same([status, body.toString()], [200, `hello from /n${i}\n`])
      t.equal(request.reusedSocket, i > 0)
    }
    t.equal(origin.connections() - connections, 1, 'one connection to the target')
    for (const host of ['a.example', 'b.example', 'a.example']) {
      const { body } = await ask(proxy, `http://${host}:${origin.port}/x`, { agent })
      t.equal(body.toString(), 'hello from /x\n')
      // The client, and its one target.
      t.ok(openDescriptors(eyeballd.pid) <= before + 2)
    }
    t.equal(origin.connections() - connections, 4)
    agent.destroy()
    await nothingLeft(t, eyeballd, before)
    const close = await eyeballd.waitFor(line => line.event === 'close' && line['bytesUp'] !== 0)
    t.match(close, { protocol: 'http', engine: 'stream', reason: 'eof' })
    const races = eyeballd.linesOf('race')
    t.ok(races.some(line => line['target'] === `b.example:${origin.port}`))
    t.ok(await eventually(() => eyeballd.linesOf('request').length === 24))
    await eyeballd.stop(t)
  })

  await t.test(`${engine}: large bodies both ways, whole`, { skip }, async t => {
    const eyeballd = await start(t, { engine })
    const proxy = eyeballd.address('mixed')
    const down = await ask(proxy, `${origin.url}/bytes/${16 * MIB}`)
    t.equal(sha(down.body), sha(patternOf(16 * MIB)))
    const sent = patternOf(16 * MIB)
    for (const headers of [{ 'content-length': sent.length }, { 'transfer-encoding': 'chunked' }]) {
      const echoed = await ask(proxy, `${origin.url}/echo`, { method: 'POST', headers }, request =>
        request.end(sent),
      )
      t.equal(sha(echoed.body), sha(sent), Object.keys(headers).join())
    }
    t.ok(peakResidentMiB(eyeballd.pid) < 250, 'no body is kept')
    await eyeballd.stop(t)
  })

  await t.test(`${engine}: curl`, { skip: skip || unlessMissing('curl') }, async t => {
    const eyeballd = await start(t, { engine })
    const { host, port } = eyeballd.address('users')
    const curl = (...args: readonly string[]) =>
      runProgram(t, 'curl', ['-sS', '--max-time', '20', '-x', `http://${host}:${port}`, ...args])
    const login = ['--proxy-user', 'eve:secret']
    const two = await curl(...login, `${origin.url}/1`, `${origin.url}/2`)
    t.equal(two.stdout, 'hello from /1\nhello from /2\n')
    const post = await curl(
      ...login,
      '-H',
      'Expect: 100-continue',
      '-d',
      'body',
      `${origin.url}/echo`,
    )
    t.equal(post.stdout, 'body')
    const head = await curl(...login, '-I', `${origin.url}/bytes/1000`)
    t.match(head.stdout, /^HTTP\/1.1 200 OK\r\n[^]*content-length: 1000\r\n/i)
    const none = await curl('-o', '/dev/null', '-w', '%{http_code}', `${origin.url}/`)
    t.equal(none.stdout, '407')
    const wrong = await curl('--proxy-user', 'eve:x', '-w', '%{http_code}', `${origin.url}/`)
    t.match(wrong.stdout, /wrong password\n407$/)
    t.notMatch(eyeballd.output(), /secret|Basic|ZXZl/)
    await eyeballd.stop(t)
  })

  await t.test(`${engine}: a client of a UNIX socket`, { skip }, async t => {
    const path = join(makeSocketDir(t), 's')
    const listeners = [{ name: 'unix', protocol: 'http', listen: `unix:${path}` }]
    const eyeballd = await start(t, { engine }, { listeners })
    const { body } = await ask({ host: '', port: 0 }, `${origin.url}/u`, { socketPath: path })
    t.equal(body.toString(), 'hello from /u\n')
    await eyeballd.stop(t)
  })

  await t.test(`${engine}: hostile targets`, { skip }, async t => {
    const answers: readonly ((socket: Socket) => void)[] = [
      socket => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort'),
      socket => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort', () =>
          setTimeout(() => socket.resetAndDestroy(), 20),
        )
      },
      socket => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n'),
      socket => {
        socket.write('HTTP/1.1 200 OK\r\n\r\nshort', () =>
          setTimeout(() => socket.resetAndDestroy(), 20),
        )
      },
      socket => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nshort\r\n'),
      socket => socket.resetAndDestroy(),
      socket => socket.end(),
      socket => socket.end('not HTTP at all\r\n\r\n'),
      socket => {
        // Interim responses for ever.
        const more = setInterval(() => socket.write('HTTP/1.1 102 Processing\r\n\r\n'), 1)
        socket.on('close', () => clearInterval(more))
      },
      socket => {
        // A head without an end.
        socket.write('HTTP/1.1 200 OK\r\n')
        const more = setInterval(() => socket.write(`X: ${'y'.repeat(1000)}\r\n`), 1)
        socket.on('close', () => clearInterval(more))
      },
    ]
    let n = 0
    const target = await tcpTarget(t, socket => {
      const answer = answers[n++ % answers.length]
      socket.once('data', () => answer?.(socket))
      socket.resume()
    })
    const eyeballd = await start(t, { engine })
    const proxy = eyeballd.address('mixed')
    const before = await warmedUp(eyeballd)
    const url = `http://${target.host}:${target.port}/`
    const outcomes = new Set<string>()
    await inParallel(answers.length * 10, 20, async () => {
      const outcome = await ask(proxy, url).then(
        ({ status }) => `status ${status}`,
        (error: NodeJS.ErrnoException) => error.code ?? error.message,
      )
      outcomes.add(outcome)
    })
    t.notOk(outcomes.has('status 200'), `never a short success: ${[...outcomes].join()}`)
    t.ok(outcomes.has('status 502') && outcomes.has('ECONNRESET'), [...outcomes].join())
    await nothingLeft(t, eyeballd, before)
    t.ok(await eventually(() => target.open() === 0))
    t.equal((await ask(proxy, `${origin.url}/after`)).status, 200)
    await eyeballd.stop(t)
  })

  await t.test(`${engine}: hostile clients`, { skip }, async t => {
    // Honest clients have as long, while the daemon is busy with the others.
    const limits = { ...CONFIG.limits, handshakeTimeout: '10s' }
    const eyeballd = await start(t, { engine }, { limits })
    const proxy = eyeballd.address('mixed')
    const before = await warmedUp(eyeballd)
    const served = requestTo(`${origin.url}/`)
    const sockets: Socket[] = []
    const open = async (bytes: string): Promise<Socket> => {
      const socket = connect(proxy.port, proxy.host)
      socket.on('error', () => {}).resume()
      await once(socket, 'connect')
      socket.write(bytes)
      sockets.push(socket)
      return socket
    }
    // Slow heads: the first, and one behind a request that was served. Trickling does not help.
    await inParallel(100, 25, async i => {
      const socket = await open(i % 2 === 0 ? 'GET http' : `${served}GET http`)
      const trickle = setInterval(() => socket.write('x'), TRICKLE_MS)
      socket.on('close', () => clearInterval(trickle))
    })
    // Bodies that never come, and a flood of requests whose answers nobody reads.
    await inParallel(50, 25, async () => {
      await open(requestTo(`${origin.url}/echo`, 'Content-Length: 1000\r\n', 'POST'))
      const flood = await open('')
      flood.pause()
      flood.write(served.repeat(2000))
    })
    const honest = await within(30_000, 'a request', ask(proxy, `${origin.url}/honest`))
    t.equal(honest.status, 200)
    const slow = sockets.slice(0, 100)
    const areClosed = await eventually(() => slow.every(socket => socket.closed), 60_000)
    t.ok(areClosed, 'slow heads are closed')
    const floods = await Promise.all([
      talk(proxy, `GET http://a/ HTTP/1.1\r\n${'X: y\r\n'.repeat(101)}\r\n`),
      talk(proxy, `GET http://a/ HTTP/1.1\r\nX: ${'y'.repeat(17_000)}\r\n\r\n`),
      talk(proxy, `${served}GET http://a/ HTTP/1.1\r\n${'X: y\r\n'.repeat(101)}\r\n`),
      talk(
        proxy,
        `${requestTo(`${origin.url}/echo`, 'Transfer-Encoding: chunked\r\n', 'POST')}0\r\n${'X: y\r\n'.repeat(9000)}\r\n`,
      ),
    ])
    t.match(floods[0], /^HTTP\/1.1 431 /)
    t.match(floods[1], /^HTTP\/1.1 431 /)
    t.match(floods[2], /^HTTP\/1.1 200 [^]*HTTP\/1.1 431 /)
    t.match(floods[3], /HTTP\/1.1 (?:400|431|413) /)
    for (const socket of sockets) socket.destroy()
    await nothingLeft(t, eyeballd, before)
    t.ok(peakResidentMiB(eyeballd.pid) < 300, `${peakResidentMiB(eyeballd.pid).toFixed(0)} MiB`)
    await eyeballd.stop(t)
  })

  await t.test(`${engine}: chunks of one byte, both ways, without end`, { skip }, async t => {
    const eyeballd = await start(t, { engine })
    const proxy = eyeballd.address('mixed')
    const before = await warmedUp(eyeballd)
    const chunks = '1\r\nx\r\n'.repeat(12_000)
    const sockets: Socket[] = []
    const pour = (socket: Socket): void => {
      while (!socket.destroyed && socket.write(chunks));
      socket.once('drain', () => pour(socket))
    }
    // It never reads a body, and answers a GET without end.
    const { port } = await tcpTarget(t, socket => {
      socket.once('data', (head: Buffer) => {
        if (head.toString('latin1').startsWith('POST')) return void socket.pause()
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
        pour(socket)
      })
    })
    const url = `http://127.0.0.1:${port}/`
    await inParallel(60, 20, async i => {
      const socket = connect(proxy.port, proxy.host)
      sockets.push(socket)
      socket.on('error', () => {}).pause()
      await once(socket, 'connect')
      if (i % 2 === 0) return void socket.write(requestTo(url))
      socket.write(requestTo(url, 'Transfer-Encoding: chunked\r\n', 'POST'))
      pour(socket)
    })
    for (let i = 0; i < 5; i++) {
      const honest = await within(30_000, 'a request', ask(proxy, `${origin.url}/honest`))
      t.equal(honest.status, 200)
    }
    for (const socket of sockets) socket.resetAndDestroy()
    await nothingLeft(t, eyeballd, before)
    t.ok(peakResidentMiB(eyeballd.pid) < 300, `${peakResidentMiB(eyeballd.pid).toFixed(0)} MiB`)
    await eyeballd.stop(t)
  })

  await t.test(`${engine}: a drain`, { skip }, async t => {
    const eyeballd = await start(t, { engine })
    const proxy = eyeballd.address('mixed')
    let finish = (): void => {}
    const slow = createServer((request, response) => {
      response.write('begun ')
      finish = () => response.end('and done')
      request.resume()
    }).listen(0, '127.0.0.1')
    await once(slow, 'listening')
    t.teardown(() => slow.close())
    const { port } = slow.address() as AddressInfo
    const idle = connect(proxy.port, proxy.host)
    idle.write(requestTo(`${origin.url}/`))
    await once(idle, 'data')
    const busy = ask(proxy, `http://127.0.0.1:${port}/`, { agent: new Agent({ keepAlive: true }) })
    await once(slow, 'request')
    idle.resume()
    const idleEnd = once(idle, 'end')
    eyeballd.kill('SIGTERM')
    await within(5000, 'the idle connection ends', idleEnd)
    finish()
    t.equal((await busy).body.toString(), 'begun and done')
    const { code } = await within(10_000, 'the daemon ends', eyeballd.exited)
    t.equal(code, 0)
  })

  await t.test(`${engine}: a reload counts for the next request`, { skip }, async t => {
    const eyeballd = await start(t, { engine })
    const proxy = eyeballd.address('mixed')
    const socket = connect(proxy.port, proxy.host)
    let text = ''
    socket.on('data', chunk => (text += chunk.toString('latin1')))
    socket.write(requestTo(`http://a.example:${origin.port}/1`))
    t.ok(await eventually(() => text.endsWith('/1\n')))
    const rules = [{ action: 'deny', to: ['a.example'] }]
    const listeners = CONFIG.listeners.map((listener, i) => ({
      ...listener,
      listen: eyeballd.addresses[i],
    }))
    const next = { ...CONFIG, listeners, pipe: { engine }, access: rules }
    writeFileSync(eyeballd.configFile ?? '', JSON.stringify(next))
    eyeballd.kill('SIGHUP')
    await eyeballd.waitFor(line => line.event === 'reload')
    socket.write(requestTo(`http://a.example:${origin.port}/2`))
    await once(socket, 'end')
    t.match(text, /HTTP\/1.1 403 [^]*Connection: close/)
    socket.destroy()
    await eyeballd.stop(t)
  })

  await t.test(`${engine}: a reload takes a client's rights, and a listener`, { skip }, async t => {
    const eyeballd = await start(t, { engine })
    const proxy = eyeballd.address('mixed')
    const serve = async () => {
      const socket = connect(proxy.port, proxy.host)
      const heard = { socket, text: '' }
      socket.on('data', chunk => (heard.text += chunk.toString('latin1')))
      socket.write(requestTo(`${origin.url}/1`))
      t.ok(await eventually(() => heard.text.endsWith('/1\n')))
      return heard
    }
    const [mixed, users] = CONFIG.listeners.map((listener, i) => ({
      ...listener,
      listen: eyeballd.addresses[i],
    }))
    const change = (listeners: readonly object[]) =>
      reload(eyeballd, { ...CONFIG, pipe: { engine }, listeners })
    const first = await serve()
    const second = await serve()
    await change([{ ...mixed, clients: '192.0.2.0/24' }, { ...users }])
    first.socket.write(requestTo(`${origin.url}/2`))
    await once(first.socket, 'end')
    t.match(first.text, /HTTP\/1.1 403 [^]*Connection: close/)
    const end = once(second.socket, 'end')
    await change([{ ...users }])
    await within(5000, 'the idle connection ends', end)
    first.socket.destroy()
    second.socket.destroy()
    await eyeballd.stop(t)
  })

  await t.test(`${engine}: a FIN behind the request`, { skip }, async t => {
    const eyeballd = await start(t, { engine })
    const proxy = eyeballd.address('mixed')
    const socket = connect({ port: proxy.port, host: proxy.host, allowHalfOpen: true })
    let text = ''
    socket.on('data', chunk => (text += chunk.toString('latin1')))
    socket.end(requestTo(`${origin.url}/1`))
    await once(socket, 'end')
    t.match(text, /^HTTP\/1.1 200 [^]*\/1\n$/)
    await eyeballd.stop(t)
  })
}
