import { ERRNO, MSG } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { createClient } from './client.ts'
import { createFailures } from './failures.ts'
import { createLatencies } from './latencies.ts'
import { MODE } from './modes.ts'
import type { Job, Report } from './types.ts'

const WARM_MS = 100
const STUCK_MS = 5000
/** Bytes that tell one round trip from the next; those of modes are among them, and mean nothing by then. */
const BYTES = Array.from({ length: 256 }, (_, value) => Uint8Array.of(value))

/**
 * One byte there and back on each of `conns` connections. Without a pace the next one leaves when the
 * last has come back; with one, connections take turns evenly, so that most of the time all rest.
 */
export const runPing = (
  libc: Libc,
  { route, conns, seconds, paceMs }: Extract<Job, { kind: 'ping' }>,
): Report => {
  const failures = createFailures()
  const latencies = createLatencies()
  const answer = Buffer.alloc(16)
  const sentAt = new Map<number, number>()
  const next = new Map<number, number>()
  /** Connections that rest, and when they shall go on: in this order, as all rest equally long. */
  let resting: { readonly fd: number; readonly at: number }[] = []
  let ready = 0
  let beganAt = Infinity
  let now = performance.now()
  let heardAt = now
  const ping = (fd: number): void => {
    const value = ((next.get(fd) ?? MODE.PING - 1) + 1) & 0xff
    next.set(fd, value)
    sentAt.set(fd, performance.now())
    libc.send(fd, BYTES[value] as Uint8Array, 1, MSG.NOSIGNAL)
  }
  const client = createClient(libc, route, {
    ready: ping,
    readable: fd => {
      const count = libc.recv(fd, answer, answer.length, 0)
      if (count === -ERRNO.EAGAIN) return
      if (count !== 1 || answer[0] !== next.get(fd)) {
        client.close(fd)
        failures.add('the byte did not come back')
        return
      }
      heardAt = performance.now()
      const leftAt = sentAt.get(fd) ?? 0
      if (beganAt === Infinity) {
        // The first time tells that the way is open; when all are, they begin.
        if (++ready + failures.report().failed < conns) return
        begin()
        return
      }
      if (leftAt >= beganAt + WARM_MS) latencies.add(heardAt - leftAt)
      if (paceMs === 0) ping(fd)
      else resting.push({ fd, at: Math.max(heardAt, leftAt + paceMs) })
    },
    failed: (_, why) => failures.add(why),
  })
  const begin = (): void => {
    beganAt = performance.now()
    const all = client.connections()
    if (paceMs === 0) for (const fd of all) ping(fd)
    else resting = all.map((fd, i) => ({ fd, at: beganAt + (i * paceMs) / all.length }))
  }
  for (let i = 0; i < conns; i++) client.open()
  // On a machine that stood still meanwhile, until there is something to tell.
  const isOver = (): boolean => now >= beganAt + WARM_MS + seconds * 1000 && latencies.count() > 0
  while (!isOver()) {
    const dueInMs = (resting[0]?.at ?? Infinity) - now
    client.turn(Math.max(0, Math.min(50, Math.ceil(dueInMs))))
    now = performance.now()
    while (resting[0] !== undefined && resting[0].at <= now) ping(resting.shift()?.fd ?? -1)
    if (now - heardAt > STUCK_MS || failures.report().failed === conns) {
      failures.add(`no byte came back for ${STUCK_MS} ms`)
      break
    }
  }
  client.end()
  return { ...failures.report(), ...latencies.report(now - beganAt - WARM_MS) }
}
