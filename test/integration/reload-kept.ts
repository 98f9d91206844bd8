/** Connections from before a reload that changes the users of their listener, or removes it, over real sockets. */
import { writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { loadLibc } from '../../src/libc/load-libc.ts'
import { within } from '../fixtures/children.ts'
import { httpOrigin } from '../fixtures/http-origin.ts'
import { requestTo } from '../fixtures/http-talk.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { reload } from '../fixtures/reload.ts'
import { openSocks } from '../fixtures/socks-client.ts'
import type { Eyeballd } from '../fixtures/start-eyeballd.ts'
import { startEyeballd, temporaryDirectory } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(180_000)

const loaded = loadLibc()
const noLibc = loaded.ok ? false : `the C library cannot be had: ${loaded.reason}`

const origin = await httpOrigin(t)
const target = await tcpTarget(t, echo)

const LISTENER = { name: 'kept', protocol: 'mixed', listen: '127.0.0.1:0' }
const OTHER = { name: 'other', protocol: 'mixed', listen: '127.0.0.1:0' }
const GET = requestTo(`${origin.url}/x`)

const loginOf = (user: string, password: string): string =>
  `Proxy-Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}\r\n`

/** A client of HTTP; gives all that it has got, and whether the connection has ended. */
const openHttp = (eyeballd: Eyeballd) => {
  const { host, port } = eyeballd.address('kept')
  const socket: Socket = connect({ host, port, allowHalfOpen: true })
  let text = ''
  socket.on('data', chunk => (text += chunk.toString('latin1'))).on('error', () => {})
  /** The status of the next answer that ends like this. */
  const ask = async (request: string, end: RegExp): Promise<number> => {
    text = ''
    socket.write(request)
    if (!(await eventually(() => end.test(text), 10_000))) throw new Error(`found ${text}`)
    return Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1])
  }
  return {
    socket,
    text: () => text,
    get: (login = '') => ask(requestTo(`${origin.url}/x`, login), /\r\n\r\n[^]*\n$/),
    tunnel: (login = '') =>
      ask(`CONNECT 127.0.0.1:${target.port} HTTP/1.1\r\n${login}\r\n`, /\r\n\r\n/),
    isOver: () => eventually(() => socket.readableEnded || socket.closed, 10_000),
  }
}

for (const { engine, processes } of [
  { engine: 'stream', processes: 1 },
  { engine: 'splice', processes: 1 },
  { engine: 'splice', processes: 2 },
] as const) {
  const skip = engine === 'splice' && noLibc
  const base = {
    pipe: { engine },
    processes,
    limits: { authFailureDelay: 0 },
    log: { level: 'trace' },
    drainTimeout: '5s',
  }
  const start = (t: Test, ...listeners: readonly object[]) =>
    startEyeballd(t, { config: { ...base, listeners } })
  const change = async (t: Test, eyeballd: Eyeballd, ...listeners: readonly object[]) => {
    const line = await reload(eyeballd, { ...base, listeners })
    t.equal(line.level, 30, line.msg)
  }

  for (const hasFile of [false, true]) {
    const title = `${engine}, processes: ${processes}, ${hasFile ? 'a users file' : 'users'}`
    await t.test(`${title}: a listener that had no login for a time`, { skip }, async t => {
      const file = join(temporaryDirectory(t), 'users')
      const auth = (user: string, password: string): object => {
        writeFileSync(file, `${user}:${password}\n`)
        const users = hasFile ? { usersFile: file } : { users: { [user]: password } }
        return { ...LISTENER, auth: { ...users, revoke: true } }
      }
      const eyeballd = await start(t, auth('alice', 'old'), OTHER)
      const login = loginOf('alice', 'old')
      const [kept, tunnel] = [openHttp(eyeballd), openHttp(eyeballd)]
      t.equal(await kept.get(login), 200)
      t.equal(await tunnel.tunnel(login), 200)
      await change(t, eyeballd, LISTENER, OTHER)
      t.equal(await kept.get(login), 200, 'no login is required')
      t.notOk(tunnel.socket.readableEnded)
      await change(t, eyeballd, auth('bob', 'x'), OTHER)
      t.equal(await kept.get(login), 407, 'the user was removed')
      t.ok(await tunnel.isOver(), 'her connection ends')
      t.match(await eyeballd.waitFor(({ reason }) => reason === 'revoked'), { user: 'alice' })
      for (const { socket } of [kept, tunnel]) socket.destroy()
      await eyeballd.stop(t)
    })

    await t.test(`${title}: a listener that was away for a time`, { skip }, async t => {
      const file = join(temporaryDirectory(t), 'users')
      const auth = (user: string): object => {
        writeFileSync(file, `${user}:x\n`)
        const users = hasFile ? { usersFile: file } : { users: { [user]: 'x' } }
        return { ...LISTENER, auth: { ...users, revoke: true } }
      }
      const eyeballd = await start(t, auth('alice'), OTHER)
      const tunnel = openHttp(eyeballd)
      t.equal(await tunnel.tunnel(loginOf('alice', 'x')), 200)
      await change(t, eyeballd, OTHER)
      t.notOk(tunnel.socket.readableEnded)
      await change(t, eyeballd, auth('bob'), OTHER)
      t.ok(await tunnel.isOver(), 'the connection of a user that is removed ends')
      t.match(await eyeballd.waitFor(({ reason }) => reason === 'revoked'), { user: 'alice' })
      tunnel.socket.destroy()
      await eyeballd.stop(t)
    })
  }

  const title = `${engine}, processes: ${processes}`
  await t.test(`${title}: a removed listener serves one request`, { skip }, async t => {
    for (const next of [[OTHER], [{ ...LISTENER, protocol: 'socks' }, OTHER]]) {
      const eyeballd = await start(t, LISTENER, OTHER)
      const [silent, begun, tunnel] = [openHttp(eyeballd), openHttp(eyeballd), openHttp(eyeballd)]
      const socks = await openSocks(eyeballd.address('kept'))
      await socks.greet()
      begun.socket.write(GET.slice(0, 5))
      await eyeballd.waitFor(() => eyeballd.linesOf('accepted').length === 4)
      await change(t, eyeballd, ...next)
      // Two at once: the second one gets no answer.
      t.equal(await silent.get(), 200)
      t.match(silent.text(), /\r\nConnection: close\r\n/i)
      silent.socket.write(GET)
      begun.socket.write(GET.slice(5) + GET)
      for (const { socket, isOver, text } of [silent, begun]) {
        t.ok(await isOver(), 'it is closed behind the first response')
        t.equal(text().match(/HTTP\/1.1 200/g)?.length, 1)
        socket.destroy()
      }
      // A tunnel is one request, too.
      t.equal(await tunnel.tunnel(), 200)
      socks.sendRequest('127.0.0.1', target.port)
      t.equal((await socks.readReply()).code, 0)
      socks.write('hello')
      t.equal((await socks.read(5)).toString(), 'hello')
      tunnel.socket.destroy()
      socks.destroy()
      await within(10_000, 'the daemon ends', eyeballd.stop(t))
    }
  })
}
