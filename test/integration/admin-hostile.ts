/** The admin endpoint against pages of other sites, slow readers, half requests and floods. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { RaceAnswer, RacesAnswer, StatusAnswer } from '../../src/admin/api.ts'
import { askAdmin } from '../fixtures/ask-admin.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { openEvents } from '../fixtures/open-events.ts'
import { postAdmin } from '../fixtures/post-admin.ts'
import { reload } from '../fixtures/reload.ts'
import { makeSocketDir } from '../fixtures/socket-dir.ts'
import { askSocks } from '../fixtures/socks-client.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(60_000)

const target = await tcpTarget(t, echo)
const NAME = 'target.example'

const configOf = (processes: number, admin: object = {}) => ({
  listeners: [{ name: 's', protocol: 'socks', listen: '127.0.0.1:0' }],
  access: [{ action: 'deny', to: ['denied.example'] }],
  resolver: { hosts: { [NAME]: ['127.0.0.1'], 'denied.example': ['127.0.0.1'] } },
  admin: { listen: '127.0.0.1:0', ...admin },
  processes,
})

const open = async (eyeballd: Eyeballd, bytes: string): Promise<Socket> => {
  const socket = connect(eyeballd.address('admin')).on('error', () => {})
  await new Promise(resolve => socket.once('connect', resolve))
  socket.write(bytes)
  return socket
}

const GET = 'GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n'

for (const processes of [1, 2]) {
  await t.test(`a race on request, processes: ${processes}`, async t => {
    const eyeballd = await startEyeballd(t, { config: configOf(processes), listening: 2 })
    const admin = eyeballd.address('admin')
    const own = { 'X-Eyeballd': '1', 'Content-Type': 'application/json' }
    const race = (host: string, headers: Record<string, string> = own) =>
      postAdmin(admin, '/race', JSON.stringify({ target: host }), headers)
    const { status, body } = await race(`${NAME}:${target.port}`)
    t.equal(status, 200)
    const entry = JSON.parse(body) as RaceAnswer
    t.match(entry, {
      id: 1,
      listener: 'admin',
      protocol: null,
      client: /^127\.0\.0\.1:\d+$/,
      target: `${NAME}:${target.port}`,
      outcome: 'won',
      winner: { address: '127.0.0.1' },
    })
    const { races } = JSON.parse((await askAdmin(admin, '/races')).body) as RacesAnswer
    t.same(races, [entry])
    t.match(await eyeballd.waitFor(({ event }) => event === 'race'), { conn: entry.conn })

    t.match(await race('denied.example:1'), { status: 403, body: /denied by access rule 1/ })
    const { port } = eyeballd.address('s')
    t.match(JSON.parse((await race(`127.0.0.1:${port}`)).body), {
      outcome: 'failed',
      error: { message: /one of the daemon's own listeners/ },
    })
    t.match(JSON.parse((await race(`127.0.0.1:${admin.port}`)).body), {
      error: { message: /own listeners/ },
    })
    t.match(await race('a b'), { status: 400, body: /^target: / })
    t.equal((await postAdmin(admin, '/race', '{', own)).status, 400)
    t.equal((await postAdmin(admin, '/race', 'x'.repeat(5000), own)).status, 413)
    t.equal((await race(NAME, { 'Content-Type': 'application/json' })).status, 403)
    t.equal((await race(NAME, { ...own, 'Content-Type': 'text/plain' })).status, 415)
    t.equal((await race(NAME, { ...own, Origin: 'http://evil.example' })).status, 403)
    t.equal((await askAdmin(admin, '/race')).status, 405)
    await eyeballd.stop(t)
  })
}

await t.test('pages of other sites', async t => {
  const eyeballd = await startEyeballd(t, { config: configOf(1), listening: 2 })
  const admin = eyeballd.address('admin')
  const get = async (path: string, headers: Record<string, string>) =>
    (await askAdmin(admin, path, headers)).status
  for (const path of [
    '/healthz',
    '/status',
    '/races',
    '/races/stream',
    '/connections',
    '/config',
  ]) {
    t.equal(await get(path, { Origin: 'http://evil.example' }), 403, path)
    t.equal(await get(path, { 'Sec-Fetch-Site': 'cross-site' }), 403, path)
    t.equal(await get(path, { Host: 'evil.example' }), 403, path)
  }
  const long = `target=${'x'.repeat(257)}`
  t.match(await askAdmin(admin, `/races?${long}`), { status: 400, body: /found 257 characters/ })
  t.equal(await get(`/races?target=${'x'.repeat(9000)}`, {}), 431)
  await eyeballd.stop(t)
})

await t.test('streams are few, and half requests make way for health checks', async t => {
  const eyeballd = await startEyeballd(t, { config: configOf(1), listening: 2 })
  const admin = eyeballd.address('admin')
  const streams = await Promise.all(
    Array.from({ length: 4 }, () => openEvents(admin, '/races/stream')),
  )
  t.match(await askAdmin(admin, '/races/stream'), { status: 503, body: /allowed: 4/ })
  const halves = await Promise.all(
    Array.from({ length: 20 }, (_, i) => open(eyeballd, GET.slice(0, i + 1))),
  )
  t.equal((await askAdmin(admin, '/healthz')).status, 200)
  t.ok(await eventually(() => halves.filter(({ closed }) => closed).length >= 16))
  const { client } = await askSocks(eyeballd.address('s'), NAME, target.port)
  for (const stream of streams) t.match(await stream.next(1), [{ id: '1' }])
  client.destroy()

  // Requests behind the first one are ignored.
  const several = await open(eyeballd, GET.repeat(50))
  t.equal((await text(several)).split('HTTP/1.1 200').length - 1, 1)
  for (const each of [...halves, several]) each.destroy()
  for (const stream of streams) stream.close()
  await Promise.all(Array.from({ length: 200 }, () => open(eyeballd, '\0\r\n\r\n')))
  t.equal((await askAdmin(admin, '/healthz')).status, 200)
  await eyeballd.stop(t)
})

await t.test('10,000 races, a reader that takes nothing, and what it costs', async t => {
  const folder = makeSocketDir(t)
  const listen = `unix:${join(folder, 'admin')}`
  const config = configOf(1, { listen, raceHistory: 10_000 })
  const eyeballd = await startEyeballd(t, { config, listening: 2 })
  const admin = { path: join(folder, 'admin') }
  const socks = eyeballd.address('s')
  const slow = connect(admin.path).pause()
  slow.write('GET /races/stream HTTP/1.1\r\nHost: x\r\n\r\n')
  const visits = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const { client } = await askSocks(socks, NAME, target.port)
      client.destroy()
    }
  }
  await Promise.all(Array.from({ length: 10 }, () => visits(60)))
  const races = async (query = '') =>
    (JSON.parse((await askAdmin(admin, `/races${query}`)).body) as RacesAnswer).races
  t.equal((await races()).length, 600)
  t.equal((await races(`?target=${'x'.repeat(256)}`)).length, 0)
  t.equal((await races('?limit=10000&outcome=won')).length, 600)
  const unread = connect(admin.path).pause()
  unread.write('GET /races HTTP/1.1\r\nHost: x\r\n\r\n')
  t.equal((await askAdmin(admin, '/healthz')).status, 200)
  const status = JSON.parse((await askAdmin(admin, '/status')).body) as StatusAnswer
  t.equal(status.races.won[4], 600)
  unread.destroy()
  slow.destroy()
  await eyeballd.stop(t)
})

await t.test('the token, and a reload that changes it and the address', async t => {
  const token = { token: 'secret' }
  const eyeballd = await startEyeballd(t, { config: configOf(1, token), listening: 2 })
  const admin = eyeballd.address('admin')
  const given = { Authorization: 'Bearer secret' }
  const get = async (path: string, headers: Record<string, string> = {}) =>
    (await askAdmin(admin, path, headers)).status
  for (const path of ['/status', '/races', '/races/stream', '/connections', '/history', '/config'])
    t.equal(await get(path), 401, path)
  t.equal(await get('/status', { Authorization: 'Bearer secre' }), 401)
  t.equal(await get('/status', { ...given, Host: 'gateway.example' }), 200)
  // It holds no secret. The sources have none.
  const page = process.env['EYEBALLD_BIN'] === undefined ? 404 : 200
  t.equal(await get('/', { Host: 'gateway.example' }), page)
  t.notMatch((await askAdmin(admin, '/config', given)).body, 'secret')
  const stream = await openEvents(admin, '/races/stream', given)
  await reload(eyeballd, configOf(1, { ...token, raceHistory: 5 }))
  await sleep(20)
  t.notOk(stream.isOver(), 'the token is the same')
  await reload(eyeballd, configOf(1, { token: 'other' }))
  t.ok(await eventually(() => stream.isOver()))
  t.equal(await get('/status', given), 401)
  const second = await openEvents(admin, '/races/stream', { Authorization: 'Bearer other' })
  await reload(eyeballd, configOf(1, { token: 'other', listen: 'off' }))
  t.ok(await eventually(() => second.isOver()), 'it ends with the endpoint')
  await eyeballd.stop(t)
})
