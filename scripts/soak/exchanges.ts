import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../test/fixtures/random.ts'
import type { Connection } from './connection.ts'
import { createPatternCheck, patternAt, patternOf } from './pattern.ts'

/** Bytes that came out of the relay are not those that went in. */
export class Corrupt extends Error {
  override readonly name = 'Corrupt'
}

/** What a client does with a connection that leads to an origin. */
export type Exchange = {
  readonly name: string
  /** One that ends by a reset: how many bytes come before it is open. */
  readonly run: (connection: Connection, random: Random) => Promise<void>
}

const PIECE = 64 * 1024

/** Sends the first bytes of a pattern, no faster than they are taken. */
export const sendPattern = async (
  connection: Connection,
  seed: number,
  bytes: number,
): Promise<void> => {
  for (let at = 0; at < bytes;) {
    const piece = patternAt(seed, at, Math.min(PIECE, bytes - at))
    await connection.write(piece)
    at += piece.length
  }
}

/** Reads until the end, which must come after exactly so many bytes of a pattern. */
const drainPattern = async (connection: Connection, seed: number, bytes: number): Promise<void> => {
  const check = createPatternCheck(seed)
  await connection.drain(check.take)
  const wrongAt = check.wrongAt()
  if (wrongAt !== undefined) throw new Corrupt(`wrong bytes from ${wrongAt} on`)
  if (check.bytes() !== bytes) throw new Corrupt(`${check.bytes()} of ${bytes} bytes came`)
}

/** What the origin says of a pattern that it got. */
export const checkVerdict = (text: string, bytes: number): void => {
  if (text === '') throw new Error('closed before the answer')
  if (text.trim() !== `${bytes} ok`) throw new Corrupt(`of ${bytes} bytes the origin got ${text}`)
}

const seedOf = (random: Random): number => random.between(1, 100_000)

const echoOnce = async (connection: Connection, seed: number, bytes: number): Promise<void> => {
  const sent = patternOf(seed, bytes)
  await connection.write(sent)
  if (!(await connection.read(bytes)).equals(sent)) throw new Corrupt('the echo is another')
}

/** A few small messages, one after the other. */
export const short: Exchange = {
  name: 'short',
  run: async (connection, random) => {
    await connection.write('echo\n')
    for (let i = random.between(1, 4); i > 0; i--) {
      await echoOnce(connection, seedOf(random), random.between(1, 2000))
    }
    connection.end()
    await connection.drain(() => {
      throw new Corrupt('more bytes than were sent')
    })
  },
}

const download: Exchange = {
  name: 'download',
  run: async (connection, random) => {
    const [seed, bytes] = [seedOf(random), random.between(1, 4_000_000)]
    await connection.write(`source ${bytes} ${seed}\n`)
    await drainPattern(connection, seed, bytes)
    connection.end()
  },
}

/** Closes its side first; the answer comes on the other half. */
const upload: Exchange = {
  name: 'upload, half-closed',
  run: async (connection, random) => {
    const [seed, bytes] = [seedOf(random), random.between(0, 4_000_000)]
    await connection.write(`sink ${seed}\n`)
    await sendPattern(connection, seed, bytes)
    connection.end()
    let text = ''
    await connection.drain(chunk => (text += chunk.toString('latin1')))
    checkVerdict(text, bytes)
  },
}

const bothWays: Exchange = {
  name: 'both ways at once',
  run: async (connection, random) => {
    const [seed, bytes] = [seedOf(random), random.between(1, 2_000_000)]
    await connection.write('echo\n')
    const sending = sendPattern(connection, seed, bytes).then(connection.end)
    await Promise.all([sending, drainPattern(connection, seed, bytes)])
  },
}

/** Silent for seconds, then goes on as if nothing had been. */
export const idle: Exchange = {
  name: 'long idle',
  run: async (connection, random) => {
    await connection.write('echo\n')
    await echoOnce(connection, seedOf(random), 100)
    await sleep(random.between(2000, 15_000))
    await echoOnce(connection, seedOf(random), 1000)
    connection.end()
    await connection.drain(() => {})
  },
}

const drip: Exchange = {
  name: 'byte by byte',
  run: async (connection, random) => {
    const [seed, bytes] = [seedOf(random), random.between(5, 40)]
    await connection.write(`drip ${bytes} ${seed}\n`)
    await drainPattern(connection, seed, bytes)
    connection.end()
  },
}

const takeSome = async (connection: Connection, seed: number, bytes: number): Promise<void> => {
  if (!(await connection.read(bytes)).equals(patternOf(seed, bytes))) {
    throw new Corrupt('wrong bytes')
  }
}

/** The client leaves an endless answer, by a reset or a close. */
const leaves: Exchange = {
  name: 'client leaves',
  run: async (connection, random) => {
    const seed = seedOf(random)
    await connection.write(`endless ${seed}\n`)
    await takeSome(connection, seed, random.between(1, 200_000))
    if (random.chance(0.5)) connection.reset()
    else connection.destroy()
  },
}

/** The target resets; what came before is right, and the connection ends. */
const isReset: Exchange = {
  name: 'target resets',
  run: async (connection, random) => {
    const [seed, bytes] = [seedOf(random), random.between(1, 50_000)]
    await connection.write(`reset ${bytes} ${seed}\n`)
    const check = createPatternCheck(seed)
    const how = await connection.drain(check.take).then(
      () => 'end',
      (error: Error) => error.message,
    )
    if (check.wrongAt() !== undefined) throw new Corrupt('wrong bytes before the reset')
    // A socket may report the end of what came before, in place of the reset.
    if (how !== 'end' && how !== 'ECONNRESET') throw new Error(how)
  },
}

const EXCHANGES: readonly Exchange[] = [
  short,
  short,
  short,
  short,
  short,
  short,
  download,
  upload,
  bothWays,
  idle,
  idle,
  drip,
  leaves,
  isReset,
]

export const anyExchange = (random: Random): Exchange =>
  random.pick(EXCHANGES as [Exchange, ...Exchange[]])
