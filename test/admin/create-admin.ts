import { once } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import {
  ADMIN_CONNECTIONS_MAX,
  ADMIN_TIMEOUT_MS,
  createAdmin,
} from '../../src/admin/create-admin.ts'
import type { AdminRoute, AdminStatus } from '../../src/admin/routes.ts'
import { createHealthRoutes } from '../../src/admin/routes.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { receiveAll, socketPair, until } from '../fixtures/socket-pair.ts'

const rig = (isUnix = false, max?: number, more: readonly [string, AdminRoute][] = []) => {
  const clock = createHandClock()
  let status: AdminStatus = { state: 'serving', processes: 1, lost: 0 }
  const routes = new Map([...createHealthRoutes(() => status), ...more])
  const admin = createAdmin(clock, routes, max)
  const connect = async (t: Test): Promise<Socket> => {
    const { outer, inner } = await socketPair(t)
    admin.take(inner, isUnix)
    return outer
  }
  /** The response to one request, as text. */
  const ask = async (t: Test, request: string): Promise<string> => {
    const socket = await connect(t)
    const received = receiveAll(socket)
    socket.write(request)
    const { bytes } = await received
    socket.end()
    return String(bytes)
  }
  return {
    clock,
    admin,
    connect,
    ask,
    get: (t: Test, path: string, ...headers: readonly string[]) =>
      ask(t, [`GET ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')),
    setStatus: (next: Partial<AdminStatus>) => (status = { ...status, ...next }),
  }
}

const codeOf = (answer: string): number => Number(answer.split(' ')[1])

t.test('the endpoint reports the state of the daemon, and closes the connection', async t => {
  const { get, setStatus, clock } = rig()
  const answer = await get(t, '/healthz')
  t.match(answer, /^HTTP\/1\.1 200 OK\r\n/)
  t.match(answer, /\r\n\r\nok\n$/)
  t.match(answer, 'Connection: close')
  t.match(answer, 'Cache-Control: no-store')
  t.equal(codeOf(await get(t, '/readyz?verbose')), 200)
  setStatus({ state: 'draining' })
  t.match(await get(t, '/readyz'), /^HTTP\/1\.1 503 [^]*\r\n\r\ndraining\n$/)
  t.equal(codeOf(await get(t, '/healthz')), 200)
  await until('the end of all', () => clock.pending() === 0)
})

t.test('a route may answer later, in another type, or fail', async t => {
  const answer = async () => ({ status: 200, text: '{}', type: 'application/json' })
  const secret = new Error('a secret')
  const { get } = rig(false, undefined, [
    ['/later', { isPublic: true, answer }],
    ['/rejects', { isPublic: true, answer: () => Promise.reject(secret) }],
    [
      '/throws',
      {
        isPublic: true,
        answer: () => {
          throw secret
        },
      },
    ],
  ])
  t.match(await get(t, '/later'), /Content-Type: application\/json\r\n[^]*\r\n\r\n\{\}\n$/)
  for (const path of ['/rejects', '/throws']) {
    const failed = await get(t, path)
    t.equal(codeOf(failed), 500, path)
    t.notMatch(failed, 'secret')
  }
})

t.test('other paths and methods', async t => {
  const { get, ask } = rig()
  for (const path of ['/', '/metrics', '/healthz/', '/healthzz', '//healthz', '*', '/%68ealthz'])
    t.match(await get(t, path), /^HTTP\/1\.1 404[^]*found the path "[^]*allowed: \/healthz/, path)
  const head = await ask(t, 'HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
  t.match(head, /^HTTP\/1\.1 200[^]*\r\n\r\n$/)
  const post = await ask(
    t,
    'POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody',
  )
  t.match(post, /^HTTP\/1\.1 405[^]*Allow: GET, HEAD/)
})

t.test('a foreign Host is refused, except on a UNIX socket', async t => {
  const request = 'GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n'
  const refused = await rig().ask(t, request)
  t.match(refused, /^HTTP\/1\.1 403[^]*found "evil\.example"; allowed: localhost/)
  t.equal(codeOf(await rig(true).ask(t, request)), 200)
  t.equal(codeOf(await rig().ask(t, 'GET /healthz HTTP/1.0\r\n\r\n')), 200, 'no browser')
  t.equal(codeOf(await rig().ask(t, 'GET /healthz HTTP/1.1\r\n\r\n')), 400)
})

t.test('the form for a proxy is taken, and its host is checked; a second Host is not', async t => {
  const { ask, get } = rig()
  const absolute = (host: string) =>
    ask(t, `GET http://${host}/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  t.equal(codeOf(await absolute('localhost:9000')), 200)
  t.match(await absolute('evil.example'), /^HTTP\/1\.1 403 [^]*Host: found "evil\.example"/)
  t.match(await get(t, '/healthz', 'Host: evil.example'), /^HTTP\/1\.1 400 [^]*Host: found 2/)
})

t.test(
  'with a token only /healthz is public, and a request with the token may have any Host',
  async t => {
    const { get, ask, admin } = rig()
    admin.setToken('secret')
    t.equal(codeOf(await get(t, '/healthz')), 200)
    t.match(await get(t, '/metrics'), /^HTTP\/1\.1 401[^]*WWW-Authenticate: Bearer/)
    t.equal(codeOf(await get(t, '/metrics', 'Authorization: Bearer wrong')), 401)
    t.equal(codeOf(await get(t, '/metrics', 'Authorization: Bearer secret')), 404)
    const named =
      'GET /readyz HTTP/1.1\r\nHost: eyeballd.example\r\nAuthorization: Bearer secret\r\n\r\n'
    t.equal(codeOf(await ask(t, named)), 200)
    admin.setToken(null)
    t.equal(codeOf(await ask(t, named)), 403)
  },
)

t.test('an invalid or too large request gets status 400 or 431', async t => {
  const { ask, get } = rig()
  t.equal(codeOf(await ask(t, 'nonsense\r\n\r\n')), 400)
  t.equal(codeOf(await ask(t, '\x05\x01\x00')), 400, 'a SOCKS greeting')
  t.equal(codeOf(await get(t, '/healthz', `X: ${'x'.repeat(9000)}`)), 431)
})

t.test('a slow connection is closed', async t => {
  const { connect, clock } = rig()
  const slow = await connect(t)
  const received = receiveAll(slow)
  slow.write('GET /healthz HTTP/1.1\r\n')
  clock.advance(ADMIN_TIMEOUT_MS - 1)
  t.equal(clock.pending(), 1)
  clock.advance(1)
  t.equal((await received).bytes.length, 0)
  await until('its end', () => clock.pending() === 0)
})

t.test('the oldest connection is closed for a new one above the maximum', async t => {
  const { connect, get, clock, admin } = rig()
  for (let i = 0; i < ADMIN_CONNECTIONS_MAX; i++) await connect(t)
  t.equal(clock.pending(), ADMIN_CONNECTIONS_MAX)
  t.equal(codeOf(await get(t, '/healthz')), 200)
  await until('the end of two', () => clock.pending() === ADMIN_CONNECTIONS_MAX - 1)
  admin.close()
  await until('the end of all', () => clock.pending() === 0)
})

t.test('the maximum is lower if descriptors are few', async t => {
  const { connect, get, clock, admin } = rig(false, 2)
  for (let i = 0; i < 5; i++) await connect(t)
  t.equal(clock.pending(), 2, 'closed connections do not count before their close event')
  t.equal(codeOf(await get(t, '/healthz')), 200)
  admin.close()
  await until('the end of all', () => clock.pending() === 0)
})

t.test('a connection that was closed before take', async t => {
  const { admin, clock } = rig()
  const { inner } = await socketPair(t)
  inner.destroy()
  admin.take(inner, false)
  await until('its end', () => clock.pending() === 0)
})

t.test('streams have their own places, no time limit, and end with the token', async t => {
  const stream: AdminRoute = {
    isPublic: false,
    isStream: true,
    answer: ({ signal }) => {
      const pieces = async function* (): AsyncGenerator<string> {
        yield 'begun\n'
        await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
      }
      return { status: 200, pieces: pieces() }
    },
  }
  const { connect, get, clock, admin } = rig(false, 4, [['/stream', stream]])
  const begin = async (): Promise<Socket> => {
    const socket = await connect(t)
    socket.write('GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await new Promise(resolve => socket.once('data', resolve).resume())
    return socket
  }
  const streams = [await begin(), await begin()]
  t.equal(clock.pending(), 0)
  t.match(await get(t, '/stream'), /^HTTP\/1\.1 503 [^]*Retry-After: 5[^]*allowed: 2 at a time/)
  clock.advance(10 * ADMIN_TIMEOUT_MS)
  for (let i = 0; i < 5; i++) await connect(t)
  t.equal(codeOf(await get(t, '/healthz')), 200)
  t.same(
    streams.map(({ destroyed }) => destroyed),
    [false, false],
    'they do not make way',
  )
  admin.setToken(null)
  t.notOk(streams[0]?.destroyed, 'the same token changes nothing')
  admin.setToken('secret')
  await until('the end of the streams', () =>
    streams.every(socket => socket.readableEnded || socket.destroyed),
  )
  admin.close()
  await until('the end of all', () => clock.pending() === 0)
})

t.test('several requests at once: only the first is answered', async t => {
  let asked = 0
  const route: AdminRoute = {
    isPublic: true,
    answer: async () => {
      asked++
      return { status: 200, text: 'once' }
    },
  }
  const { ask } = rig(false, undefined, [['/count', route]])
  const request = 'GET /count HTTP/1.1\r\nHost: localhost\r\n\r\n'
  t.match(await ask(t, request.repeat(3)), /^HTTP\/1\.1 200[^]*once\n$/)
  t.equal(asked, 1)
})

t.test('requests after the first one are not read while it is answered', async t => {
  const pieces = async function* () {
    yield 'first'
    await new Promise(() => {})
  }
  const route: AdminRoute = {
    isPublic: true,
    isStream: true,
    answer: () => ({ status: 200, pieces: pieces() }),
  }
  const { admin } = rig(false, undefined, [['/stream', route]])
  const { outer, inner } = await socketPair(t)
  admin.take(inner, false)
  const request = 'GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n'
  const bytes = Buffer.from(request.repeat(20_000))
  const answered = once(outer, 'data')
  outer.resume().write(bytes)
  await until('the pause', () => inner.isPaused())
  await answered
  t.ok(inner.bytesRead < bytes.length, `${inner.bytesRead} bytes were read`)
  t.ok(inner.isPaused(), 'the answer changes nothing')
  admin.close()
})

t.test('a POST with a body, and a wrong request', async t => {
  const route: AdminRoute = {
    isPublic: true,
    method: 'POST',
    answer: async ({ body, query, client }) => {
      if (body === 'bad') throw Object.assign(new Error('found bad'), { code: 'ERR_INVALID_ARG' })
      return { status: 200, text: `${body} ${query.get('a')} ${client}` }
    },
  }
  const { ask } = rig(true, undefined, [['/post', route]])
  const post = (body: string) =>
    ask(
      t,
      'POST /post?a=1 HTTP/1.1\r\nHost: x\r\nX-Eyeballd: 1\r\nContent-Type: application/json\r\n' +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    )
  t.match(await post('hello'), /^HTTP\/1\.1 200[^]*\r\n\r\nhello 1 unix\n$/)
  t.match(await post('bad'), /^HTTP\/1\.1 400[^]*\r\n\r\nfound bad\n$/)
  t.equal(codeOf(await post('x'.repeat(4097))), 413)
})
