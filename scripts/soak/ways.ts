import { isIPv4, isIPv6 } from 'node:net'
import type { Random } from '../../test/fixtures/random.ts'
import { loginBytes, requestOf } from '../../test/fixtures/socks-client.ts'
import type { Connection, Place } from './connection.ts'
import type { Target } from './targets.ts'

/** Where the daemon listens. */
export type Entrances = {
  readonly mixed: readonly [Place, Place]
  readonly login: Place
  readonly http: Place
  readonly forward: Place
  readonly deadForward: Place
  readonly unix: Place
  readonly proxied: Place
}

/** A user of the listener that requires logins. */
export const USER = { name: 'soak', password: 'right' } as const

/** The proxy says that there is no connection. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** A way through the daemon to a target: what a client says until it is connected. */
export type Way = {
  readonly name: string
  readonly place: Place
  /** Resolves when the target is connected; throws `Refused` if the daemon says no. */
  readonly ask: (connection: Connection, target: Target, port: number) => Promise<void>
}

const readReply = async (connection: Connection): Promise<void> => {
  const head = await connection.read(4)
  const code = head[1] ?? -1
  await connection.read(head[3] === 4 ? 18 : 6)
  if (code !== 0) throw new Refused(`reply 0${code}`)
}

const socks5: Way['ask'] = async (connection, { host }, port) => {
  await connection.write(Buffer.from([5, 1, 0]))
  await connection.read(2)
  await connection.write(requestOf(host, port))
  await readReply(connection)
}

const socks5Login: Way['ask'] = async (connection, { host }, port) => {
  // All at once, as some clients do.
  const login = loginBytes(USER.name, USER.password)
  await connection.write(Buffer.concat([Buffer.from([5, 1, 2]), login, requestOf(host, port)]))
  await connection.read(2)
  const [, status] = await connection.read(2)
  if (status !== 0) throw new Refused('login refused')
  await readReply(connection)
}

const socks4: Way['ask'] = async (connection, { host }, port) => {
  const isName = !isIPv4(host)
  const address = isName ? [0, 0, 0, 1] : host.split('.').map(Number)
  const words = Buffer.from(isName ? `user\0${host}\0` : 'user\0')
  await connection.write(
    Buffer.concat([Buffer.from([4, 1, port >> 8, port & 0xff, ...address]), words]),
  )
  const [, code] = await connection.read(8)
  if (code !== 90) throw new Refused(`reply ${code}`)
}

export const authorityOf = (host: string, port: number): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`

const httpConnect: Way['ask'] = async (connection, { host }, port) => {
  const authority = authorityOf(host, port)
  await connection.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)
  const head = await connection.readTo('\r\n\r\n')
  const [, status = ''] = head.split(' ')
  if (status !== '200') throw new Refused(`status ${status}`)
}

/** The header of a load balancer in front, version 1 or 2. */
const proxyHeader = (random: Random): Buffer => {
  const last = random.between(1, 250)
  if (random.chance(0.5))
    return Buffer.from(`PROXY TCP4 203.0.113.${last} 192.0.2.1 40000 1084\r\n`)
  const signature = Buffer.from('0d0a0d0a000d0a515549540a2111000c', 'hex')
  return Buffer.concat([signature, Buffer.from([203, 0, 113, last, 192, 0, 2, 1, 156, 64, 4, 60])])
}

/** A way for a target, any that the target allows. */
export const anyWay = (random: Random, entrances: Entrances, target: Target): Way => {
  const { mixed, login, http, unix, proxied } = entrances
  const ways: Way[] = [
    { name: 'SOCKS5', place: random.pick(mixed), ask: socks5 },
    { name: 'SOCKS5 with login', place: login, ask: socks5Login },
    { name: 'HTTP CONNECT', place: random.pick([mixed[0], http]), ask: httpConnect },
    { name: 'SOCKS5, UNIX socket', place: unix, ask: socks5 },
    { name: 'HTTP CONNECT, UNIX socket', place: unix, ask: httpConnect },
    {
      name: 'PROXY protocol',
      place: proxied,
      ask: async (connection, ...rest) => {
        await connection.write(proxyHeader(random))
        await socks5(connection, ...rest)
      },
    },
  ]
  if (!isIPv6(target.host)) {
    const name = isIPv4(target.host) ? 'SOCKS4' : 'SOCKS4a'
    ways.push({ name, place: mixed[0], ask: socks4 })
  }
  return random.pick(ways as [Way, ...Way[]])
}

/** A fixed forward: no word is said. */
export const forwardWay = (place: Place): Way => ({ name: 'forward', place, ask: async () => {} })

/** The way of the clients whose times are measured. */
export const plainWay = ({ mixed }: Entrances): Way => ({
  name: 'SOCKS5',
  place: mixed[0],
  ask: socks5,
})
