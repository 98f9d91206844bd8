import { SHUT } from '../../libc/constants.ts'
import { resetOnClose } from '../../libc/reset-on-close.ts'
import { dropHeld } from './hold-bytes.ts'
import { FLAG, STEP } from './relay-engine.ts'
import type { RelayEngine, Step } from './relay-engine.ts'
import { RELAY_REASONS, SLOT } from './relay-memory.ts'
import type { RelayReason } from './relay-memory.ts'
import { putRing } from './ring.ts'

/** Discards what waits of a direction: returns its pipe to the pool, and its held bytes. */
export const dropPending = (engine: RelayEngine, direction: number): void => {
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

/** Closes a side's socket, unless it was closed before. @param reset by RST, not FIN */
export const closeSide = (engine: RelayEngine, side: number, reset: boolean): void => {
  const { libc, memory } = engine
  const fd = memory.fds[side] as number
  if (fd < 0) return
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
 *
 * @param why a relay that has failed and only waits for its delivery keeps the reason that it has
 */
export const endRelay = (engine: RelayEngine, slot: number, why: RelayReason): Step => {
  const { memory, live, generation, flags, count, resets } = engine
  const reason = resets.get(slot)?.reason ?? why
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
  resets.delete(slot)
  count.live--
  count.ended++
  if (count.live === 0) {
    count.highest = 0
    count.sweepAt = Infinity
    count.lookAt = Infinity
    count.keepAliveAt = Infinity
  }
  memory.reason[slot] = RELAY_REASONS.indexOf(reason)
  Atomics.store(memory.state, slot, SLOT.DONE)
  putRing(memory.completions, slot)
  return STEP.OVER
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
