/** Other people's SOCKS clients for Node: the fork of socksv5, and npm's socks. */
import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { SocksClient } from 'socks'
import t from 'tap'
import { within } from '../fixtures/children.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

type Auth = object

/** As much of socksv5 as is used here; it has no types. */
const socksv5 = createRequire(import.meta.url)('socksv5') as {
  readonly connect: (
    options: {
      readonly host: string
      readonly port: number
      readonly proxyHost: string
      readonly proxyPort: number
      readonly auths: readonly Auth[]
      readonly localDNS: boolean
      readonly strictLocalDNS: boolean
    },
    done: (socket: Socket) => void,
  ) => NodeJS.EventEmitter
  readonly auth: {
    readonly None: () => Auth
    readonly UserPassword: (user: string, password: string) => Auth
  }
}

t.setTimeout(120_000)

const target = await tcpTarget(t, echo)
const target6 = await tcpTarget(t, echo, '::1').catch(() => undefined)
const eyeballd = await startEyeballd(t, {
  config: {
    listeners: [
      { name: 'plain', protocol: 'socks', listen: '127.0.0.1:0' },
      {
        name: 'users',
        protocol: 'socks',
        listen: '127.0.0.1:0',
        auth: { users: { alice: 'open sesame' } },
      },
    ],
    limits: { authFailureDelay: '10ms' },
    resolver: { search: [], hosts: { 'www.example.com': '127.0.0.1' } },
  },
})

const proxyHost = '127.0.0.1'
const proxyPort = (listener: string): number => eyeballd.address(listener).port

const heard = async (socket: Socket, text: string): Promise<string> => {
  socket.resume()
  const answer = once(socket, 'data') as Promise<[Buffer]>
  socket.write(text)
  const [bytes] = await within(5000, 'the echo comes', answer)
  socket.destroy()
  return bytes.toString()
}

const bySocksv5 = (host: string, port: number, listener: string, auth: Auth): Promise<Socket> =>
  within(
    10_000,
    'socksv5 is connected',
    new Promise((resolve, reject) => {
      const options = { host, port, proxyHost, proxyPort: proxyPort(listener) }
      socksv5
        .connect({ ...options, auths: [auth], localDNS: false, strictLocalDNS: false }, resolve)
        .once('error', reject)
        .once('close', () => reject(new Error('closed')))
    }),
  )

const bySocks = async (
  host: string,
  port: number,
  listener: string,
  login: { readonly userId: string; readonly password: string } | object = {},
): Promise<Socket> => {
  const { socket } = await SocksClient.createConnection({
    proxy: { host: proxyHost, port: proxyPort(listener), type: 5, ...login },
    command: 'connect',
    destination: { host, port },
    timeout: 10_000,
  })
  return socket
}

await t.test('socksv5: a name and IPv4', async t => {
  const none = socksv5.auth.None()
  for (const host of ['www.example.com', '127.0.0.1']) {
    t.equal(await heard(await bySocksv5(host, target.port, 'plain', none), 'hello'), 'hello', host)
  }
})

await t.test('socksv5: a user, and a wrong password', async t => {
  const good = socksv5.auth.UserPassword('alice', 'open sesame')
  const socket = await bySocksv5('www.example.com', target.port, 'users', good)
  t.equal(await heard(socket, 'hello'), 'hello')
  const bad = socksv5.auth.UserPassword('alice', 'wrong')
  await t.rejects(bySocksv5('www.example.com', target.port, 'users', bad))
})

await t.test('socksv5: a port that nobody listens on', async t => {
  await t.rejects(bySocksv5('127.0.0.1', 9, 'plain', socksv5.auth.None()), /refused/i)
})

await t.test('socks: a name, IPv4 and IPv6', async t => {
  for (const host of ['www.example.com', '127.0.0.1']) {
    t.equal(await heard(await bySocks(host, target.port, 'plain'), 'hello'), 'hello', host)
  }
  if (!target6) return t.comment('IPv6 is left out: no IPv6 loopback here')
  t.equal(await heard(await bySocks('::1', target6.port, 'plain'), 'hello'), 'hello', '::1')
})

await t.test('socks: a user, and a wrong password', async t => {
  const good = { userId: 'alice', password: 'open sesame' }
  const socket = await bySocks('www.example.com', target.port, 'users', good)
  t.equal(await heard(socket, 'hello'), 'hello')
  const bad = { userId: 'alice', password: 'wrong' }
  await t.rejects(bySocks('www.example.com', target.port, 'users', bad))
})

await t.test('socks: a port that nobody listens on', async t => {
  await t.rejects(bySocks('127.0.0.1', 9, 'plain'), /ConnectionRefused/)
})

await t.test('it ends in order', async t => {
  await eyeballd.stop(t)
})
