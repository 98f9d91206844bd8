import { ERRNO, MSG } from '../../libc/constants.ts'
import { endSource, failRelay } from './end-relay.ts'
import { holdBytes, SEND_FLAGS } from './hold-bytes.ts'
import { countMoved, FLAG, SMALL_BYTES, STEP, WIDE_BYTES } from './relay-engine.ts'
import type { RelayEngine, Step } from './relay-engine.ts'

/** Reads of one direction before it is others' turn, where short reads do not end it. */
const READS_A_TURN = 8

/** Directions with held bytes, as many as 1 MiB each, beside which none is read in large pieces. */
const WIDE_HELD_LIMIT = 64

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
 * may be held of the direction. A read of `SMALL_BYTES` makes it `BULK`, or `WIDE` where there are no pipes.
 */
export const moveSmall = (engine: RelayEngine, direction: number): Step => {
  const { libc, memory, flags, buffer, pipes, held } = engine
  const to = direction ^ 1
  for (let reads = 0; reads < READS_A_TURN; reads++) {
    const from = flags[direction] as number
    if ((from & (FLAG.READABLE | FLAG.ENDED)) !== FLAG.READABLE) return STEP.WAIT
    if (((flags[to] as number) & FLAG.WRITABLE) === 0) return STEP.WAIT
    const isWide = (from & FLAG.WIDE) !== 0 && held.size < WIDE_HELD_LIMIT
    const size = isWide ? WIDE_BYTES : SMALL_BYTES
    const got = libc.recv(memory.fds[direction] as number, buffer, size, MSG.DONTWAIT)
    if (got > 0) {
      // A stream that gave less than was asked for has no more, and epoll tells when it has.
      const isDrained = got < size && (from & FLAG.CAREFUL) === 0
      const much = got < SMALL_BYTES ? 0 : pipes.has() ? FLAG.BULK : FLAG.WIDE
      flags[direction] = (from & ~(FLAG.WIDE | (isDrained ? FLAG.READABLE : 0))) | much
      const step = sendOn(engine, direction, got)
      if (step !== STEP.MORE) return step
      if (got === size) return STEP.MORE
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
