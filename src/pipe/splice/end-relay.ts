import { ERRNO, SHUT, SO, SOL_SOCKET } from '../../libc/constants.ts'
import { resetOnClose } from '../../libc/reset-on-close.ts'
import { dropHeld } from './hold-bytes.ts'
import { FLAG, STEP } from './relay-engine.ts'
import type { RelayEngine, Step } from './relay-engine.ts'
import { RELAY_REASONS, SLOT } from './relay-memory.ts'
import type { RelayReason } from './relay-memory.ts'
import { putRing } from './ring.ts'

const value = new Int32Array(1)

/** Gives the pipe and the held bytes of a direction back. */
const dropPending = (engine: RelayEngine, direction: number): void => {
  const { pipes, pipe, piped, width } = engine
  const number = (pipe[direction] as number) - 1
  if (number >= 0) {
    if (piped[direction] === 0) pipes.give(number)
    else pipes.discard(number)
  }
  pipe[direction] = 0
  piped[direction] = 0
  width[direction] = 0
  dropHeld(engine, direction)
}

const closeSide = (engine: RelayEngine, side: number, reset: boolean): void => {
  const { libc, memory } = engine
  const fd = memory.fds[side] as number
  if (reset) resetOnClose(libc, fd)
  // Before it is closed: should this thread die now, nobody closes a descriptor that is another's.
  memory.fds[side] = -1
  libc.close(fd)
}

const isPending = ({ flags, piped }: RelayEngine, direction: number): boolean =>
  (piped[direction] as number) > 0 || ((flags[direction] as number) & FLAG.HELD) !== 0

/**
 * Ends a relay: closes both sides and hands the slot back. After a failure both peers get RST, so that
 * neither takes what it has got for the whole; else FIN, unless bytes for that side are left.
 */
export const endRelay = (engine: RelayEngine, slot: number, reason: RelayReason): Step => {
  const { memory, live, generation, flags, count } = engine
  const [client, target] = [2 * slot, 2 * slot + 1]
  const failed = reason === 'client-reset' || reason === 'target-reset' || reason === 'error'
  live[slot] = 0
  generation[slot] = ((generation[slot] as number) + 1) | 0
  closeSide(engine, client, failed || isPending(engine, target))
  closeSide(engine, target, failed || isPending(engine, client))
  dropPending(engine, client)
  dropPending(engine, target)
  flags[client] = 0
  flags[target] = 0
  count.live--
  count.ended++
  if (count.live === 0) {
    count.highest = 0
    count.sweepAt = Infinity
  }
  memory.reason[slot] = RELAY_REASONS.indexOf(reason)
  Atomics.store(memory.state, slot, SLOT.DONE)
  putRing(memory.completions, slot)
  return STEP.OVER
}

/** The error that waits in a socket, which forgets it; 0 where there is none (socket(7), SO_ERROR). */
const pendingError = ({ libc, memory }: RelayEngine, side: number): number => {
  value[0] = 0
  libc.getsockopt(memory.fds[side] as number, SOL_SOCKET, SO.ERROR, value)
  return value[0]
}

/** The number where it is not known why a side failed: its socket is asked. */
export const ERRNO_UNKNOWN = 0

/**
 * Ends a relay because of one side.
 *
 * @param errno why a call on that side failed, above 0, or `ERRNO_UNKNOWN`
 */
export const failRelay = (engine: RelayEngine, side: number, errno: number): Step => {
  const isTold = errno !== ERRNO_UNKNOWN && errno !== ERRNO.ENOTCONN
  // A socket that is connected no more, and whose error was already told, was reset.
  const found = isTold ? errno : pendingError(engine, side) || ERRNO.ECONNRESET
  const isReset = found === ERRNO.ECONNRESET || found === ERRNO.EPIPE
  const reset = side % 2 === 0 ? 'client-reset' : 'target-reset'
  return endRelay(engine, side >> 1, isReset ? reset : 'error')
}

/** Passes a FIN on, once everything before it has been. Both directions over, the relay is. */
export const passEnd = (engine: RelayEngine, direction: number): Step => {
  const { libc, memory, flags } = engine
  const to = direction ^ 1
  flags[direction] = (flags[direction] as number) | FLAG.PASSED
  // close(2) sends the FIN by itself.
  if (((flags[to] as number) & FLAG.PASSED) !== 0) return endRelay(engine, direction >> 1, 'eof')
  // Zero or a negative error number: a step too.
  return libc.shutdown(memory.fds[to] as number, SHUT.WR)
}

/** The source's FIN was read, with nothing of the direction held. What its pipe has goes first. */
export const endSource = (engine: RelayEngine, direction: number): Step => {
  const { memory, flags, count, movedAt, now, piped } = engine
  const slot = direction >> 1
  const had = flags[direction] as number
  flags[direction] = (had | FLAG.ENDED) & ~FLAG.READABLE
  const at = now()
  movedAt[slot] = at
  count.sweepAt = Math.min(count.sweepAt, at + (memory.halfCloseMs[slot] as number))
  // A reset behind the FIN, or one whose error was already told, reads like an end. It is none.
  if (piped[direction] !== 0 || (had & FLAG.FAILED) !== 0) return STEP.WAIT
  return passEnd(engine, direction)
}
