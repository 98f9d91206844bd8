import { resetOnClose } from '../../libc/connected-socket.ts'
import { SHUT } from '../../libc/constants.ts'
import { dropQueued } from './queued-bytes.ts'
import type { RelayEngine, Step } from './relay-engine.ts'
import { FLAG, STEP } from './relay-engine.ts'
import type { RelayReason } from './relay-memory.ts'
import { RELAY_REASONS, SLOT, putRing } from './relay-memory.ts'

/** Discards the pending bytes of a direction: returns its pipe to the pool, and drops its queued bytes. */
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
  dropQueued(engine, direction)
}

/**
 * Closes a side's socket, unless it is closed already.
 *
 * @param reset close by RST, not by FIN
 */
export const closeSide = (engine: RelayEngine, side: number, reset: boolean): void => {
  const { libc, memory } = engine
  const fd = memory.fds[side] as number
  if (fd < 0) return
  if (reset) resetOnClose(libc, fd)
  // Written before close(2): if this thread dies in between, the main thread must not close a reused
  // descriptor number.
  memory.fds[side] = -1
  libc.close(fd)
}

const isPending = ({ flags, piped }: RelayEngine, direction: number): boolean =>
  (piped[direction] as number) > 0 || ((flags[direction] as number) & FLAG.QUEUED) !== 0

/**
 * Ends a relay: closes both sides and returns the slot to the main thread. After a failure both peers get
 * RST, so that neither takes a truncated stream for a complete one; otherwise FIN, unless bytes for that
 * side are left.
 *
 * @param why ignored if a failed relay waits for its delivery: it keeps the reason of its failure
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
    count.checkAt = Infinity
    count.keepAliveAt = Infinity
  }
  memory.reason[slot] = RELAY_REASONS.indexOf(reason)
  Atomics.store(memory.state, slot, SLOT.DONE)
  putRing(memory.completions, slot)
  return STEP.OVER
}

/** Forwards a FIN after all bytes before it. The relay ends once both directions have. */
export const passEnd = (engine: RelayEngine, direction: number): Step => {
  const { libc, memory, flags } = engine
  const to = direction ^ 1
  flags[direction] = (flags[direction] as number) | FLAG.PASSED
  // close(2) sends the FIN.
  if (((flags[to] as number) & FLAG.PASSED) !== 0) return endRelay(engine, direction >> 1, 'eof')
  // 0 is `STEP.WAIT`, and a negative error number is a step too.
  return libc.shutdown(memory.fds[to] as number, SHUT.WR)
}

/** Handles the source's FIN; the direction must hold no bytes. Bytes in its pipe go before the FIN. */
export const endSource = (engine: RelayEngine, direction: number): Step => {
  const { memory, flags, count, movedAt, now, piped } = engine
  const slot = direction >> 1
  const had = flags[direction] as number
  flags[direction] = (had | FLAG.ENDED) & ~FLAG.READABLE
  const at = now()
  movedAt[slot] = at
  count.sweepAt = Math.min(count.sweepAt, at + (memory.halfCloseMs[slot] as number))
  // A reset after the FIN, or one whose error was already reported, reads like an end of stream; do not
  // forward a FIN then.
  if (piped[direction] !== 0 || (had & FLAG.FAILED) !== 0) return STEP.WAIT
  return passEnd(engine, direction)
}
