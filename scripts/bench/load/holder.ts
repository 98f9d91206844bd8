import { ERRNO, MSG } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import type { Client } from './client.ts'
import { createClient } from './client.ts'
import { createFailures } from './failures.ts'
import { MODE } from './modes.ts'
import type { Job, Report } from './types.ts'

/** Connections that are being opened at a time. */
const AT_A_TIME = 100
/** After so many failures a proxy is held to be full; so many are closed then, so that there is room for others. */
const FULL = 10
const ROOM = 10
const STUCK_MS = 5000

export type Holder = {
  readonly hold: (job: Extract<Job, { kind: 'hold' }>) => Report
  readonly release: () => Report
}

/** Holds connections that have carried one byte there and back, and are silent since. */
export const createHolder = (libc: Libc): Holder => {
  const byte = Uint8Array.of(MODE.PING)
  const answer = Buffer.alloc(16)
  const clients: Client[] = []
  const held = new Set<number>()

  const alive = (): number => {
    const idle = -ERRNO.EAGAIN
    return [...held].filter(fd => libc.recv(fd, answer, 1, MSG.PEEK | MSG.DONTWAIT) === idle).length
  }
  return {
    hold: ({ route, conns }) => {
      const failures = createFailures()
      let pending = 0
      let heardAt = performance.now()
      const client = createClient(libc, route, {
        ready: fd => libc.send(fd, byte, 1, MSG.NOSIGNAL),
        readable: fd => {
          if (held.has(fd)) return
          const count = libc.recv(fd, answer, answer.length, 0)
          if (count === -ERRNO.EAGAIN) return
          pending--
          heardAt = performance.now()
          if (count === 1) held.add(fd)
          else {
            client.close(fd)
            failures.add('the byte did not come back')
          }
        },
        failed: (_, why) => {
          pending--
          failures.add(why)
        },
      })
      clients.push(client)
      const isFull = (): boolean => failures.report().failed >= FULL
      const isOver = (): boolean => isFull() || held.size >= conns
      while (!isOver()) {
        for (; pending < AT_A_TIME && held.size + pending < conns; pending++) client.open()
        client.turn(50)
        if (performance.now() - heardAt <= STUCK_MS) continue
        failures.add(`no byte came back for ${STUCK_MS} ms`)
        break
      }
      const drop = (fd: number): void => {
        held.delete(fd)
        client.close(fd)
      }
      for (const fd of client.connections()) if (!held.has(fd)) client.close(fd)
      if (isFull()) for (const fd of [...held].slice(-ROOM)) drop(fd)
      return { ...failures.report(), held: alive() }
    },
    release: () => {
      const left = alive()
      for (const client of clients.splice(0)) client.end()
      const lost = held.size - left
      held.clear()
      return {
        failed: lost,
        held: left,
        ...(lost > 0 ? { failure: 'idle connections were closed' } : {}),
      }
    },
  }
}
