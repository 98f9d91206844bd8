import { fail } from '../../core/fail.ts'
import { EPOLL } from '../../libc/constants.ts'
import { endRelay, passEnd } from './end-relay.ts'
import type { RelayEngine } from './relay-engine.ts'
import { FLAG } from './relay-engine.ts'
import { RING_EMPTY, STOP_BIT, takeRing } from './relay-memory.ts'
import { planKeepAlive } from './relay-timers.ts'
import { WATCHED, settle } from './run-direction.ts'

/**
 * Registers a side with epoll. If the socket is ready already, the next epoll_wait reports it.
 *
 * @returns whether the descriptor could be registered
 */
const watch = ({ libc, epoll, events, memory, generation }: RelayEngine, side: number): boolean => {
  const event = events.one(WATCHED, side, generation[side >> 1] as number)
  return libc.epollCtl(epoll, EPOLL.CTL_ADD, memory.fds[side] as number, event) === 0
}

/** Begins the relay of a slot that the main thread has filled. */
const startRelay = (engine: RelayEngine, slot: number): void => {
  const { memory, live, flags, movedAt, count, now } = engine
  const sides = [2 * slot, 2 * slot + 1]
  live[slot] = 1
  count.live++
  count.highest = Math.max(count.highest, slot + 1)
  for (const side of sides) {
    flags[side] = FLAG.WRITABLE | (memory.ended[side] === 0 ? 0 : FLAG.ENDED)
  }
  if (memory.unixClient[slot] === 1) flags[2 * slot] = (flags[2 * slot] as number) | FLAG.UNIX
  if (memory.ownKeepAlive[slot] === 1) {
    flags[2 * slot + 1] = (flags[2 * slot + 1] as number) | FLAG.KEPT_ALIVE
  }
  const at = now()
  movedAt[slot] = at
  planKeepAlive(engine, at)
  const isHalfClosed = sides.some(side => memory.ended[side] !== 0)
  const limitMs = memory.idleMs[slot] as number
  const limitsMs = isHalfClosed ? [limitMs, memory.halfCloseMs[slot] as number] : [limitMs]
  count.sweepAt = Math.min(count.sweepAt, at + Math.min(...limitsMs))
  if (!sides.every(side => watch(engine, side))) {
    endRelay(engine, slot, 'error')
    return
  }
  for (const side of sides) {
    if (live[slot] === 1 && memory.ended[side] !== 0) settle(engine, side, passEnd(engine, side))
  }
}

/**
 * Begins and stops relays as the main thread has submitted them.
 *
 * @returns whether there was any submission
 * @throws {Failure} ERR_BUG for a number that is no slot: the shared memory is corrupt
 */
export const takeSubmissions = (engine: RelayEngine): boolean => {
  const { submissions, capacity } = engine.memory
  let taken = 0
  for (;;) {
    const value = takeRing(submissions)
    if (value === RING_EMPTY) return taken > 0
    taken++
    const slot = value & ~STOP_BIT
    if (slot < 0 || slot >= capacity)
      throw fail('ERR_BUG', `relay ${slot} of ${capacity}`, { slot })
    if ((value & STOP_BIT) === 0) startRelay(engine, slot)
    // The relay may have ended before the stop was read.
    else if (engine.live[slot] === 1) endRelay(engine, slot, 'drain')
  }
}
