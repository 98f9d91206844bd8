import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../test/fixtures/random.ts'
import { loginBytes, requestOf } from '../../test/fixtures/socks-client.ts'
import type { Connection, Place } from './connection.ts'
import { PORTS, liveTarget } from './targets.ts'
import type { Entrances } from './ways.ts'
import { USER } from './ways.ts'

/** A client that means no connection: the daemon has to end it, or to notice that it has left. */
export type Hostile = {
  readonly name: string
  readonly place: (entrances: Entrances, random: Random) => Place
  /** Resolves when the client is done; throws where the daemon let it through. */
  readonly run: (connection: Connection, random: Random) => Promise<void>
}

const GREETING = Buffer.from([5, 1, 0])

const anyPlace = ({ mixed, login, http, unix, proxied }: Entrances, random: Random): Place =>
  random.pick([...mixed, login, http, unix, proxied])

const wrongLogin: Hostile = {
  name: 'wrong login',
  place: ({ login }) => login,
  run: async (connection, random) => {
    await connection.write(Buffer.from([5, 1, 2]))
    await connection.read(2)
    const name = random.pick([USER.name, 'nobody'])
    await connection.write(loginBytes(name, `wrong-${random.between(0, 9)}`))
    const [, status] = await connection.read(2)
    if (status === 0) throw new Error('a wrong login was accepted')
    await connection.over()
  },
}

const noLogin: Hostile = {
  name: 'no login',
  place: ({ login }) => login,
  run: async connection => {
    await connection.write(GREETING)
    const [, method] = await connection.read(2)
    if (method !== 0xff) throw new Error('no login was needed')
    await connection.over()
  },
}

/** Random bytes, some behind a good beginning. */
const noise: Hostile = {
  name: 'hostile bytes',
  place: anyPlace,
  run: async (connection, random) => {
    const beginning = random.pick([
      Buffer.alloc(0),
      GREETING,
      Buffer.from([4, 1, 0]),
      Buffer.from('CONNECT '),
      Buffer.from('GET http://'),
      Buffer.from('PROXY '),
      Buffer.from([22, 3, 1, 2]),
    ])
    const bytes = Array.from({ length: random.between(1, 3000) }, () => random.between(0, 255))
    await connection.write(Buffer.concat([beginning, Buffer.from(bytes)]))
    if (random.chance(0.3)) connection.end()
    await connection.over()
  },
}

/** Leaves after any step. */
const leaver: Hostile = {
  name: 'leaves at a step',
  place: ({ mixed, unix }, random) => random.pick([...mixed, unix]),
  run: async (connection, random) => {
    const steps = random.between(0, 4)
    if (steps >= 1) await connection.write(GREETING)
    if (steps >= 2) await connection.read(2)
    const { host } = liveTarget(random)
    const request = requestOf(host, PORTS.stream)
    if (steps >= 3) await connection.write(steps === 3 ? request.subarray(0, 6) : request)
    if (random.chance(0.3)) await sleep(random.between(1, 400))
    // A reset at once may reach the daemon before it accepts, which then never sees the connection.
    if (steps >= 2 && random.chance(0.5)) return connection.reset()
    if (random.chance(0.5)) return connection.destroy()
    connection.end()
    await connection.over()
  },
}

/** A byte a second, until the daemon has had enough. */
const slow: Hostile = {
  name: 'slow loris',
  place: anyPlace,
  run: async (connection, random) => {
    const words = random.pick([
      'GET http://fast.soak.test/ HTTP/1.1\r\nX: ',
      Buffer.from([5, 255, ...new Uint8Array(200)]).toString('latin1'),
    ])
    const over = connection.over()
    for (const byte of Buffer.from(words, 'latin1')) {
      if (connection.socket.destroyed) return
      await connection.write(Buffer.of(byte))
      const ended = await Promise.race([over, sleep(1000).then(() => undefined)])
      if (ended !== undefined) return
    }
    throw new Error('a client that never finishes its request was never closed')
  },
}

/** Connects and says nothing: closed by the daemon in time. */
const silent: Hostile = {
  name: 'says nothing',
  place: anyPlace,
  run: async connection => void (await connection.over()),
}

const HOSTILE: readonly [Hostile, ...Hostile[]] = [
  wrongLogin,
  noLogin,
  noise,
  noise,
  leaver,
  leaver,
  leaver,
  slow,
  silent,
]

export const anyHostile = (random: Random): Hostile => random.pick(HOSTILE)
