/** A flood of logins from one address, while somebody else logs in. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import t from 'tap'
import { hashPassword } from '../../src/auth/password-hash.ts'
import { eventually } from '../fixtures/in-parallel.ts'
import { openSocks } from '../fixtures/socks-client.ts'
import { startEyeballd } from '../fixtures/start-eyeballd.ts'
import { echo, tcpTarget } from '../fixtures/tcp-target.ts'

t.setTimeout(120_000)

const FLOOD_ADDRESS = '127.0.0.2'
const FLOOD_SIZE = 200

const target = await tcpTarget(t, echo)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const users = Object.fromEntries(
  await Promise.all(
    Array.from({ length: 6 }, async (_, i) => {
      const hash = await hashPassword(bytes(`password${i}`))
      return [`user${i}`, hash] as const
    }),
  ),
)

const start = () =>
  startEyeballd(t, {
    config: {
      listeners: [{ name: 'socks', protocol: 'socks', listen: '127.0.0.1:0', auth: { users } }],
      limits: { authFailureDelay: '0s' },
    },
  })

type Proxy = { readonly host: string; readonly port: number }

/** Connections that each send a login for a user who does not exist, and begin anew when they are refused. */
const startFlood = (proxy: Proxy, leaves: boolean) => {
  let stopped = false
  const sockets = new Set<Socket>()
  let count = 0
  const begin = (): void => {
    if (stopped) return
    const user = `nobody${count++}`
    const socket = connect({ ...proxy, localAddress: FLOOD_ADDRESS })
    sockets.add(socket)
    const login = Buffer.concat([
      Buffer.from([5, 1, 2, 1, user.length]),
      Buffer.from(user),
      Buffer.from([1, 120]),
    ])
    socket.on('error', () => {})
    socket.on('data', () => {
      if (leaves) socket.destroy()
    })
    socket.write(login)
    socket.on('close', () => {
      sockets.delete(socket)
      setImmediate(begin)
    })
  }
  for (let i = 0; i < FLOOD_SIZE; i++) begin()
  return {
    count: () => count,
    stop: () => {
      stopped = true
      for (const socket of sockets) socket.destroy()
    },
  }
}

for (const leaves of [false, true]) {
  t.test(
    `right logins beside a flood ${leaves ? 'that leaves at once' : 'that waits'}`,
    async t => {
      const eyeballd = await start()
      const proxy = eyeballd.address('socks')
      const flood = startFlood(proxy, leaves)
      t.teardown(flood.stop)
      await eventually(() => flood.count() > 3 * FLOOD_SIZE, 30_000)
      for (const [i, user] of Object.keys(users).entries()) {
        const startedAt = performance.now()
        const client = await openSocks(proxy)
        await client.greet([2])
        t.equal(await client.login(user, `password${i}`), 0, user)
        t.comment(`${Math.round(performance.now() - startedAt)} ms`)
        client.sendRequest(target.host, target.port)
        t.equal((await client.readReply()).code, 0)
        client.destroy()
      }
      flood.stop()
      const isLimit = ({ event, reason }: { event?: string; reason?: unknown }): boolean =>
        event === 'rejected' && reason === 'limit'
      if (!leaves) {
        t.match(await eyeballd.waitFor(isLimit), { msg: /too many logins wait to be checked/ })
      }
      const others = eyeballd
        .linesOf('rejected')
        .filter(({ client }) => String(client).startsWith('127.0.0.1:'))
      t.same(others, [])
      await eyeballd.stop(t)
    },
  )
}
