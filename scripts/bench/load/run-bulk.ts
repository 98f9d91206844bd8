import { EPOLL, ERRNO, MSG, SHUT } from '../../../src/libc/constants.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { askOrigin } from './ask-origin.ts'
import { createClient } from './client.ts'
import { createFailures } from './failures.ts'
import { CHUNK_BYTES, GULP_BYTES, MODE, MSG_TRUNC } from './modes.ts'
import type { Job, Report } from './types.ts'

/** Time for connections to be made, and for what is under way to arrive in the end. */
const START_MS = 5000
const END_MS = 5000

const STOP = Uint8Array.of(0)

/**
 * As many bytes as go, one way: zeros that the generator throws away (`down`), or the origin (`up`). In
 * the end the sender stops, all that is under way arrives, and both count: a byte too few or too many
 * is a failure.
 */
export const runBulk = (
  libc: Libc,
  { kind, route, conns, seconds, warmSeconds }: Extract<Job, { kind: 'down' | 'up' }>,
): Report => {
  const isDown = kind === 'down'
  const failures = createFailures()
  const before = askOrigin(libc, route.originPort)
  const buffer = Buffer.alloc(GULP_BYTES)
  const mode = Uint8Array.of(isDown ? MODE.SOURCE : MODE.SINK)
  let ready = 0
  let open = conns
  let bytes = 0
  let isStopping = false
  const client = createClient(libc, route, {
    ready: fd => {
      ready++
      libc.send(fd, mode, 1, MSG.NOSIGNAL)
      client.want(fd, isDown ? EPOLL.IN : EPOLL.IN | EPOLL.OUT)
    },
    readable: fd => {
      const count = libc.recv(fd, buffer, GULP_BYTES, MSG_TRUNC)
      if (count === -ERRNO.EAGAIN) return
      if (count > 0 && isDown) bytes += count
      if (count > 0) return
      client.close(fd)
      open--
      if (!isStopping || count < 0) failures.add('the connection ended early')
    },
    writable: fd => {
      if (isDown || isStopping) return
      const count = libc.send(fd, buffer, CHUNK_BYTES, MSG.NOSIGNAL)
      if (count > 0) bytes += count
    },
    failed: (_, why) => {
      open--
      failures.add(why)
    },
  })
  const turnUntil = (at: number, isEnough: () => boolean = () => false): void => {
    const isOver = (): boolean => open === 0 || isEnough() || performance.now() >= at
    while (!isOver()) client.turn(20)
  }
  for (let i = 0; i < conns; i++) client.open()
  turnUntil(performance.now() + START_MS, () => ready === conns)
  if (ready < conns) failures.add(`${ready} of ${conns} connections came about`)
  turnUntil(performance.now() + warmSeconds * 1000)
  const beganAt = performance.now()
  const bytesBefore = bytes
  turnUntil(beganAt + seconds * 1000)
  const perSecond = ((bytes - bytesBefore) * 8000) / (performance.now() - beganAt)

  isStopping = true
  for (const fd of client.connections()) {
    if (isDown) libc.send(fd, STOP, 1, MSG.NOSIGNAL)
    else {
      client.want(fd, EPOLL.IN)
      libc.shutdown(fd, SHUT.WR)
    }
  }
  turnUntil(performance.now() + END_MS)
  if (open > 0) failures.add(`${open} connections did not end`)
  client.end()
  const after = askOrigin(libc, route.originPort)
  const theirs = isDown ? after.sent - before.sent : after.received - before.received
  const [sent, arrived] = isDown ? [theirs, bytes] : [bytes, theirs]
  if (sent !== arrived) failures.add(`${sent} bytes were sent, ${arrived} arrived`)
  return { ...failures.report(), perSecond, bytes }
}
