import { ERRNO, MSG } from '../../libc/constants.ts'
import { endSource } from './end-relay.ts'
import { failSource } from './fail-relay.ts'
import { queueBytes, SEND_FLAGS } from './queued-bytes.ts'
import type { RelayEngine, Step } from './relay-engine.ts'
import { countMoved, FLAG, SMALL_BYTES, STEP, WIDE_BYTES, WIDTH_MAX } from './relay-engine.ts'

/** Reads of one direction before other directions get their turn, if short reads do not end the loop. */
const READS_A_TURN = 8

/** Limit on the queued bytes of all directions; above it no direction reads in large pieces. */
const QUEUED_LIMIT_BYTES = 64 * 1_048_576

/** Bytes of the next read. */
const sizeOf = ({ width, buffers }: RelayEngine, direction: number): number =>
  buffers.inUse() + WIDE_BYTES > QUEUED_LIMIT_BYTES
    ? SMALL_BYTES
    : SMALL_BYTES << (width[direction] as number)

/** Called when a read has returned as many bytes as requested. */
const grow = (engine: RelayEngine, direction: number): void => {
  const { memory, flags, width, pipes } = engine
  if (memory.copied[direction >> 1] === 0 && pipes.has()) {
    flags[direction] = (flags[direction] as number) | FLAG.BULK
  } else width[direction] = Math.min(WIDTH_MAX, (width[direction] as number) + 1)
}

/**
 * Called when the destination did not accept all bytes: the next read is small enough that none need to be
 * queued.
 */
const shrink = ({ width }: RelayEngine, direction: number, taken: number): void => {
  while (width[direction] !== 0 && SMALL_BYTES << (width[direction] as number) > taken) {
    width[direction] = (width[direction] as number) - 1
  }
}

/** Sends the first bytes of the engine's buffer, and queues those that the destination does not accept. */
const sendOn = (engine: RelayEngine, direction: number, bytes: number): Step => {
  const to = engine.memory.fds[direction ^ 1] as number
  const sent = engine.libc.send(to, engine.buffer, bytes, SEND_FLAGS)
  if (sent < 0 && sent !== -ERRNO.EAGAIN && sent !== -ERRNO.EINTR) return sent
  const taken = Math.max(0, sent)
  if (taken > 0) countMoved(engine, direction, taken)
  if (taken === bytes) return STEP.MORE
  shrink(engine, direction, taken)
  return queueBytes(engine, direction, taken, bytes)
}

/**
 * Moves bytes by recv(2) and send(2): two calls per message, where a pipe takes three. The direction must
 * hold no bytes. After a read that fills its buffer the direction becomes `BULK`; if bulk is to be copied,
 * or there is no pipe, its next read is larger.
 */
export const moveSmall = (engine: RelayEngine, direction: number): Step => {
  const { libc, memory, flags, buffer } = engine
  const to = direction ^ 1
  for (let reads = 0; reads < READS_A_TURN; reads++) {
    const from = flags[direction] as number
    if ((from & (FLAG.READABLE | FLAG.ENDED)) !== FLAG.READABLE) return STEP.WAIT
    if (((flags[to] as number) & FLAG.WRITABLE) === 0) return STEP.WAIT
    const size = sizeOf(engine, direction)
    const got = libc.recv(memory.fds[direction] as number, buffer, size, MSG.DONTWAIT)
    if (got > 0) {
      // A short read has emptied the source's receive queue, and epoll reports new data.
      const isDrained = got < size && (from & (FLAG.CAREFUL | FLAG.UNIX)) === 0
      if (isDrained) flags[direction] = from & ~FLAG.READABLE
      else if (got === size) grow(engine, direction)
      const step = sendOn(engine, direction, got)
      if (step !== STEP.MORE) return step
      if (got === size) return STEP.MORE
    } else if (got === 0) {
      return endSource(engine, direction)
    } else if (got === -ERRNO.EAGAIN) {
      flags[direction] = from & ~FLAG.READABLE
    } else if (got !== -ERRNO.EINTR) {
      return failSource(engine, direction, -got)
    }
  }
  return STEP.MORE
}
