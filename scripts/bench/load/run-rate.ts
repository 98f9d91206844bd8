import { ERRNO, MSG } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { createClient } from './client.ts'
import { createFailures } from './failures.ts'
import { createLatencies } from './latencies.ts'
import { MODE } from './modes.ts'
import type { Job, Report } from './types.ts'

/** Milliseconds at the beginning that are not measured. */
const WARM_MS = 100
/** A proxy that finishes nothing for so long is stuck. */
const STUCK_MS = 5000

/**
 * One connection after the other in each of `conns` places: connect, one byte there and back, close.
 * The time of one is from connect(2) until the byte is back.
 */
export const runRate = (
  libc: Libc,
  { route, conns, seconds }: Extract<Job, { kind: 'rate' }>,
): Report => {
  const failures = createFailures()
  const latencies = createLatencies()
  const byte = Uint8Array.of(MODE.PING)
  const answer = Buffer.alloc(16)
  const beganAt = performance.now()
  const measuredFrom = beganAt + WARM_MS
  const endsAt = measuredFrom + seconds * 1000
  let now = beganAt
  let finishedAt = beganAt
  let finished = 0
  const client = createClient(libc, route, {
    ready: fd => libc.send(fd, byte, 1, MSG.NOSIGNAL),
    readable: fd => {
      const count = libc.recv(fd, answer, answer.length, 0)
      if (count === -ERRNO.EAGAIN) return
      client.close(fd)
      now = performance.now()
      if (count !== 1 || answer[0] !== MODE.PING) failures.add('the byte did not come back')
      else {
        finishedAt = now
        finished++
        if (now >= measuredFrom) latencies.add(now - client.openedAt(fd))
      }
      client.open()
    },
    failed: (_, why) => {
      failures.add(why)
      if (!failures.isHopeless()) client.open()
    },
  })
  for (let i = 0; i < conns; i++) client.open()
  // On a machine that stood still meanwhile, until there is something to tell.
  const isOver = (): boolean => now >= endsAt && latencies.count() > 0
  while (!isOver() && !failures.isHopeless()) {
    client.turn(50)
    now = performance.now()
    if (now - finishedAt > STUCK_MS) {
      failures.add(`nothing was finished for ${STUCK_MS} ms`)
      break
    }
  }
  client.end()
  return { ...failures.report(), ...latencies.report(now - measuredFrom), finished }
}
