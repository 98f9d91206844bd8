import { ERRNO, MSG, SPLICE_F } from '../../libc/constants.ts'
import { endSource, passEnd } from './end-relay.ts'
import { failRelay } from './fail-relay.ts'
import { moveSmall } from './move-small.ts'
import { NO_PIPE } from './pipe-pool.ts'
import { countMoved, FLAG, STEP } from './relay-engine.ts'
import type { RelayEngine, Step } from './relay-engine.ts'

const SPLICE_FLAGS = SPLICE_F.MOVE | SPLICE_F.NONBLOCK

/** A direction that moved less than this, in bytes, before its source ran empty is not bulk any more. */
const BULK_LEAST_BYTES = 16_384

/** The direction's pipe, or a new one from the pool; `NO_PIPE` (-1) if the pool has none. */
const takePipe = ({ pipe, pipes }: RelayEngine, direction: number): number => {
  if (pipe[direction] === 0) pipe[direction] = pipes.take() + 1
  return (pipe[direction] as number) - 1
}

const returnPipe = ({ pipe, pipes }: RelayEngine, direction: number): void => {
  pipes.give((pipe[direction] as number) - 1)
  pipe[direction] = 0
}

const clear = ({ flags }: RelayEngine, side: number, bits: number): void => {
  flags[side] = (flags[side] as number) & ~bits
}

/**
 * Moves bytes from the pipe to the destination.
 *
 * @returns the number of bytes, or a negative error number
 */
const drain = (engine: RelayEngine, direction: number, pipe: number): number => {
  const { libc, memory, pipes, piped } = engine
  const to = memory.fds[direction ^ 1] as number
  const sent = libc.splice(pipes.readEnd(pipe), to, piped[direction] as number, SPLICE_FLAGS)
  if (sent > 0) {
    piped[direction] = (piped[direction] as number) - sent
    countMoved(engine, direction, sent)
  }
  return sent
}

/**
 * splice(2) returns 0 at end of stream, and also before urgent data that is followed by the end of stream.
 */
const isAtEnd = ({ libc, memory, buffer }: RelayEngine, direction: number): boolean =>
  libc.recv(memory.fds[direction] as number, buffer, 1, MSG.PEEK | MSG.DONTWAIT) === 0

/**
 * Moves bytes by splice(2), through a pipe that the direction keeps while bytes are in it. The direction
 * must hold no bytes.
 *
 * @param budget bytes after which other directions get their turn
 */
export const moveBulk = (engine: RelayEngine, direction: number, budget: number): Step => {
  const { libc, memory, flags, pipes, piped } = engine
  const to = direction ^ 1
  const pipe = takePipe(engine, direction)
  if (pipe === NO_PIPE) {
    clear(engine, direction, FLAG.BULK)
    return STEP.MORE
  }
  let moved = 0
  // A pipe whose slots hold one small packet each is full long before it holds its size in bytes. EAGAIN
  // therefore describes the source only if the pipe is empty.
  let isBlocked = false
  const mayFill = (): boolean =>
    !isBlocked && ((flags[direction] as number) & (FLAG.READABLE | FLAG.ENDED)) === FLAG.READABLE
  for (;;) {
    if (mayFill()) {
      const space = pipes.size(pipe) - (piped[direction] as number)
      const from = memory.fds[direction] as number
      const got =
        space > 0 ? libc.splice(from, pipes.writeEnd(pipe), space, SPLICE_FLAGS) : -ERRNO.EAGAIN
      if (got > 0) {
        piped[direction] = (piped[direction] as number) + got
      } else if (got === 0 && isAtEnd(engine, direction)) {
        const step = endSource(engine, direction)
        if (step !== STEP.WAIT) return step
      } else if (got !== -ERRNO.EINTR) {
        const isEmpty = piped[direction] === 0
        if (got !== 0 && got !== -ERRNO.EAGAIN) failRelay(engine, direction, -got)
        if (!isEmpty) isBlocked = true
        else if (got === -ERRNO.EAGAIN && ((flags[direction] as number) & FLAG.CAREFUL) === 0)
          clear(engine, direction, FLAG.READABLE)
        else {
          // splice(2) stops before urgent data (tcp(7)) even if bytes follow it; recv(2) does not.
          returnPipe(engine, direction)
          clear(engine, direction, FLAG.BULK)
          return moveSmall(engine, direction)
        }
      }
    }
    if (piped[direction] === 0) {
      if (mayFill()) continue
      returnPipe(engine, direction)
      if (moved < BULK_LEAST_BYTES) clear(engine, direction, FLAG.BULK)
      const isEnded =
        ((flags[direction] as number) & (FLAG.ENDED | FLAG.PASSED | FLAG.FAILED)) === FLAG.ENDED
      return isEnded ? passEnd(engine, direction) : STEP.WAIT
    }
    if (((flags[to] as number) & FLAG.WRITABLE) === 0) {
      if (mayFill()) continue
      return STEP.WAIT
    }
    const sent = drain(engine, direction, pipe)
    if (sent > 0) {
      moved += sent
      isBlocked = false
      if (moved >= budget) return STEP.MORE
    } else if (sent === -ERRNO.EAGAIN) {
      clear(engine, to, FLAG.WRITABLE)
    } else if (sent !== -ERRNO.EINTR) {
      return sent
    }
  }
}
