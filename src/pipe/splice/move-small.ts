import { ERRNO, MSG } from '../../libc/constants.ts'
import { endSource, failRelay } from './end-relay.ts'
import { holdBytes, SEND_FLAGS } from './hold-bytes.ts'
import { countMoved, FLAG, SMALL_BYTES, STEP } from './relay-engine.ts'
import type { RelayEngine, Step } from './relay-engine.ts'

/** Reads of one direction before it is others' turn, where short reads do not end it. */
const READS_A_TURN = 8

/** Sends the first bytes of the engine's buffer; what is not taken is held. */
const sendOn = (engine: RelayEngine, direction: number, bytes: number): Step => {
  const to = engine.memory.fds[direction ^ 1] as number
  const sent = engine.libc.send(to, engine.buffer, bytes, SEND_FLAGS)
  if (sent === bytes) {
    countMoved(engine, direction, sent)
    return STEP.MORE
  }
  if (sent < 0) {
    if (sent !== -ERRNO.EAGAIN && sent !== -ERRNO.EINTR) return sent
    return holdBytes(engine, direction, 0, bytes)
  }
  countMoved(engine, direction, sent)
  return holdBytes(engine, direction, sent, bytes)
}

/**
 * Moves bytes by recv(2) and send(2): two calls for a message, where a pipe would take three. Nothing
 * may be held of the direction. A read that fills the buffer makes it `BULK`, where there are pipes.
 */
export const moveSmall = (engine: RelayEngine, direction: number): Step => {
  const { libc, memory, flags, buffer, pipes } = engine
  const to = direction ^ 1
  for (let reads = 0; reads < READS_A_TURN; reads++) {
    const from = flags[direction] as number
    if ((from & (FLAG.READABLE | FLAG.ENDED)) !== FLAG.READABLE) return STEP.WAIT
    if (((flags[to] as number) & FLAG.WRITABLE) === 0) return STEP.WAIT
    const got = libc.recv(memory.fds[direction] as number, buffer, SMALL_BYTES, MSG.DONTWAIT)
    if (got > 0) {
      // A stream that gave less than was asked for has no more, and epoll tells when it has.
      if (got < SMALL_BYTES && (from & FLAG.CAREFUL) === 0) {
        flags[direction] = from & ~FLAG.READABLE
      }
      const step = sendOn(engine, direction, got)
      if (step !== STEP.MORE) return step
      if (got === SMALL_BYTES) {
        if (pipes.has()) flags[direction] = (flags[direction] as number) | FLAG.BULK
        return STEP.MORE
      }
    } else if (got === 0) {
      return endSource(engine, direction)
    } else if (got === -ERRNO.EAGAIN) {
      flags[direction] = from & ~FLAG.READABLE
    } else if (got !== -ERRNO.EINTR) {
      return failRelay(engine, direction, -got)
    }
  }
  return STEP.MORE
}
