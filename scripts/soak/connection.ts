import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { within } from '../../test/fixtures/children.ts'

/** Where a listener of the daemon, or a target, is. */
export type Place =
  | { readonly host: string; readonly port: number; readonly localAddress?: string }
  | { readonly path: string }

/** After this a connection that should move has hung. Longer than any timeout of the daemon and any fault. */
export const HANG_MS = 60_000

/** A TCP connection of a client, read piece by piece. */
export type Connection = {
  readonly socket: Socket
  /** Resolves when there is space for more, or the connection is over, which the next read finds. */
  readonly write: (bytes: Uint8Array | string) => Promise<void>
  /** Exactly so many bytes. Rejects with `end` or the error's code if the connection ends before. */
  readonly read: (count: number) => Promise<Buffer>
  /** Up to and with `mark`, at most 16 KiB. */
  readonly readTo: (mark: string) => Promise<string>
  /** Gives all that comes to `take`, until the other side's end; rejects with the error's code. */
  readonly drain: (take: (chunk: Buffer) => void) => Promise<void>
  /** Resolves with `end` or the error's code when the other side ends the connection, whatever comes before. */
  readonly over: () => Promise<string>
  readonly end: () => void
  readonly reset: () => void
  readonly destroy: () => void
}

const keyOf = (place: Place): string => ('path' in place ? place.path : `port ${place.port}`)

/** How many connections were established, by place. */
const established = new Map<string, number>()

/** How many connections could not be established, by the code of the error. */
const failed = new Map<string, number>()

export const failedConnections = (): ReadonlyMap<string, number> => new Map(failed)

/** How many connections this process has established with these places. */
export const establishedWith = (places: readonly Place[]): number =>
  [...new Set(places.map(keyOf))].reduce((sum, key) => sum + (established.get(key) ?? 0), 0)

const codeOf = (error: Error & { code?: string }): string => error.code ?? error.message

/** Connects, and says nothing. */
export const openConnection = async (place: Place): Promise<Connection> => {
  const socket = connect({ ...place, allowHalfOpen: true, noDelay: true })
  let chunks: Buffer[] = []
  let held = 0
  let how: string | undefined
  let wake = (): void => {}
  let wakeWriter = (): void => {}
  const finish = (reason: string): void => {
    how ??= reason
    wake()
  }
  socket.on('drain', () => wakeWriter())
  socket.on('error', error => finish(codeOf(error)))
  socket.once('end', () => finish('end'))
  socket.once('close', () => {
    finish('closed')
    wakeWriter()
  })
  try {
    await within(HANG_MS, 'a connection (hangs)', once(socket, 'connect'))
  } catch (error) {
    socket.destroy()
    // It may have been accepted, and its other side killed, before it was seen as established.
    const code = codeOf(error as Error)
    failed.set(code, (failed.get(code) ?? 0) + 1)
    throw error
  }
  established.set(keyOf(place), (established.get(keyOf(place)) ?? 0) + 1)
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    held += chunk.length
    if (held > 256 * 1024) socket.pause()
    wake()
  })

  const more = (): Promise<void> =>
    within(
      HANG_MS,
      'more bytes, or the end (hangs)',
      new Promise(resolve => {
        wake = resolve
      }),
    )
  const take = (count: number): Buffer => {
    const all = Buffer.concat(chunks)
    chunks = all.length > count ? [all.subarray(count)] : []
    held = all.length - Math.min(count, all.length)
    socket.resume()
    return all.subarray(0, count)
  }
  const readOrFail = async (isThere: () => boolean): Promise<void> => {
    while (!isThere()) {
      if (how !== undefined) throw new Error(how)
      await more()
    }
  }

  return {
    socket,
    write: async bytes => {
      if (socket.destroyed || socket.write(bytes)) return
      const drained = new Promise<void>(resolve => (wakeWriter = resolve))
      await within(HANG_MS, 'space for more bytes (hangs)', drained)
    },
    read: async count => {
      await readOrFail(() => held >= count)
      return take(count)
    },
    readTo: async mark => {
      let found = -1
      await readOrFail(() => {
        found = Buffer.concat(chunks).indexOf(mark)
        return found !== -1 || held > 16_384
      })
      if (found === -1) throw new Error(`no ${JSON.stringify(mark)} in ${held} bytes`)
      return take(found + mark.length).toString('latin1')
    },
    drain: async each => {
      for (;;) {
        for (const chunk of chunks.splice(0)) each(chunk)
        held = 0
        socket.resume()
        if (how === 'end') return
        if (how !== undefined) throw new Error(how)
        await more()
      }
    },
    over: async () => {
      for (;;) {
        chunks.length = 0
        held = 0
        socket.resume()
        if (how !== undefined) return how
        await more()
      }
    },
    end: () => void socket.end(),
    // A UNIX socket has no reset.
    reset: () => void ('path' in place ? socket.destroy() : socket.resetAndDestroy()),
    destroy: () => void socket.destroy(),
  }
}
