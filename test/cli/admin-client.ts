import { createServer } from 'node:http'
import { createServer as createTcp } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { createAdminClient } from '../../src/cli/admin-client.ts'
import type { SocketAddress } from '../../src/core/listen-address.ts'
import type { ServerEvent } from '../../src/dashboard/server-events.ts'
import { createFakeEndpoint } from '../fixtures/fake-endpoint.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { NOBODY } from '../fixtures/other-user.ts'
import { plainRace } from '../fixtures/race-entry.ts'
import { temporaryDirectory } from '../fixtures/start-eyeballd.ts'

const tcp = (port: number, host = '127.0.0.1'): SocketAddress => ({ type: 'tcp', host, port })

t.test('it gets JSON, with the token and the Host of the address', async t => {
  const fake = await createFakeEndpoint({ token: 'abc' })
  t.teardown(fake.close)
  const client = createAdminClient([tcp(fake.port)], 'abc')
  t.match(await client.get('/status?x=1'), { version: '0.1.0' })
  t.match(fake.requests, [
    {
      url: '/status?x=1',
      headers: { host: `127.0.0.1:${fake.port}`, authorization: 'Bearer abc' },
    },
  ])
  t.equal(client.where(), `127.0.0.1:${fake.port}`)
})

t.test('a UNIX socket', async t => {
  const path = join(temporaryDirectory(t), 'a.sock')
  const fake = await createFakeEndpoint({}, path)
  t.teardown(fake.close)
  const client = createAdminClient([{ type: 'unix', path }], null)
  t.match(await client.get('/status'), { version: '0.1.0' })
  t.match(fake.requests, [{ headers: { host: 'localhost', authorization: undefined } }])
})

t.test('of several addresses the one that can be connected to', async t => {
  const fake = await createFakeEndpoint()
  t.teardown(fake.close)
  const client = createAdminClient([tcp(1), tcp(fake.port)], null)
  t.match(await client.get('/status'), { version: '0.1.0' })
  t.equal(client.where(), `127.0.0.1:${fake.port}`, 'it is asked first from now on')
})

t.test('what goes wrong is one sentence with the address', async t => {
  const fake = await createFakeEndpoint({ missing: ['/races'], token: 'abc' })
  t.teardown(fake.close)
  const where = `127.0.0.1:${fake.port}`
  await t.rejects(createAdminClient([tcp(1)], null).get('/status'), {
    code: 'ECONNREFUSED',
    message: 'no daemon listens at 127.0.0.1:1 (ECONNREFUSED)',
  })
  await t.rejects(createAdminClient([tcp(fake.port)], 'wrong').get('/status'), {
    code: 'ERR_ADMIN',
    message: `the daemon at ${where} refuses the token: compare EYEBALLD_ADMIN_TOKEN, else that of -c FILE, with its admin.token`,
  })
  await t.rejects(createAdminClient([tcp(fake.port)], null).get('/status'), {
    code: 'ERR_ADMIN',
    message: `the daemon at ${where} wants a token: set EYEBALLD_ADMIN_TOKEN, or name its configuration by -c FILE`,
  })
  await t.rejects(createAdminClient([tcp(fake.port)], 'abc').get('/races?limit=5'), {
    code: 'ERR_ADMIN',
    status: 404,
    message: `the daemon at ${where} has no /races: it is older than this eyeballd, or none (404)`,
  })
  await t.rejects(createAdminClient([{ type: 'unix', path: '/none/a.sock' }], null).get('/x'), {
    message: 'no daemon listens at unix:/none/a.sock (ENOENT)',
  })
})

t.test('another server', async t => {
  const server = createServer((request, response) => {
    if (request.url === '/text') response.end('hello')
    else if (request.url === '/foreign') response.writeHead(403).end()
    else response.writeHead(500).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const client = createAdminClient([tcp((server.address() as AddressInfo).port)], null)
  await t.rejects(client.get('/text'), {
    code: 'ERR_ADMIN',
    message: /gave no whole answer for \/text/,
  })
  await t.rejects(client.get('/y'), { code: 'ERR_ADMIN', message: /answers 500 for \/y: expected/ })
  await t.rejects(client.get('/foreign'), { code: 'ERR_ADMIN', message: /its own address \(403\)/ })
})

t.test('what does not speak HTTP', async t => {
  const says = async (text: string | null) => {
    const server = createTcp(socket => {
      socket.on('error', () => {})
      if (text === null) socket.resume().once('data', () => socket.destroy())
      else socket.resume().end(text)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    return createAdminClient([tcp((server.address() as AddressInfo).port)], null)
  }
  await t.rejects((await says('SSH-2.0-x\r\n')).get('/x'), {
    message: /^127\.0\.0\.1:\d+ is not the admin endpoint of a daemon: it does not speak HTTP$/,
  })
  await t.rejects((await says(null)).get('/x'), {
    message: /^127\.0\.0\.1:\d+ closed the connection without an answer \(ECONNRESET\)$/,
  })
})

const skip = process.getuid?.() !== 0 && 'needs root'

t.test('a UNIX socket of another user', { skip }, async t => {
  const path = join(temporaryDirectory(t), 'a.sock')
  const fake = await createFakeEndpoint({}, path)
  t.teardown(fake.close)
  process.seteuid?.(NOBODY)
  t.teardown(() => process.seteuid?.(0))
  await t.rejects(createAdminClient([{ type: 'unix', path }], null).get('/status'), {
    code: 'EACCES',
    message: `this user may not connect to unix:${path} (EACCES): ask as the daemon's user, or as root`,
  })
})

t.test('a server that sends a byte at a time is left', async t => {
  const server = createServer((request, response) => {
    const timer = setInterval(() => response.write(' '), 20)
    response.once('close', () => clearInterval(timer))
    // One of them sends no head.
    if (request.url === '/silent') clearInterval(timer)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  // Long enough for the head of an answer on a busy machine.
  const client = createAdminClient([tcp((server.address() as AddressInfo).port)], null, 1500)
  await Promise.all([
    t.rejects(client.get('/x'), {
      code: 'ERR_ADMIN',
      message: /gave no whole answer for \/x: it took longer than 1.5 s$/,
    }),
    t.rejects(client.get('/silent'), {
      code: 'ETIMEDOUT',
      message: /does not answer \(ETIMEDOUT\)$/,
    }),
  ])
})

t.test('a stream gives its events, and ends by the signal or with the daemon', async t => {
  const fake = await createFakeEndpoint()
  const client = createAdminClient([tcp(fake.port)], null)
  const events: ServerEvent[] = []
  const ending = new AbortController()
  const first = client.stream('/races/stream', 7, event => void events.push(event), ending.signal)
  await eventually(() => fake.streams.size === 1)
  t.match(fake.requests, [{ headers: { 'last-event-id': '7' } }])
  fake.write(':\n\nid: 8\nda')
  fake.write('ta: {"a":1}\n\n')
  fake.push(plainRace({ id: 9 }))
  await eventually(() => events.length === 2)
  t.match(events, [{ lastId: '8', data: '{"a":1}' }, { lastId: '9' }])
  ending.abort()
  await first
  const second = client.stream('/races/stream', 9, () => {}, new AbortController().signal)
  await eventually(() => fake.streams.size === 1)
  await Promise.all([t.rejects(second, { message: /closed the connection/ }), fake.close()])
  const aborted = AbortSignal.abort()
  await client.stream('/races/stream', 0, () => {}, aborted)
})
