import { EPOLL } from '../../libc/constants.ts'
import { endRelay, passEnd } from './end-relay.ts'
import { planKeepAlive } from './keep-alive.ts'
import { FLAG } from './relay-engine.ts'
import type { RelayEngine } from './relay-engine.ts'
import { settle } from './run-direction.ts'
import { WATCHED } from './take-event.ts'

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
export const startRelay = (engine: RelayEngine, slot: number): void => {
  const { memory, live, flags, movedAt, count, now } = engine
  const sides = [2 * slot, 2 * slot + 1]
  live[slot] = 1
  count.live++
  count.highest = Math.max(count.highest, slot + 1)
  for (const side of sides) {
    flags[side] = FLAG.WRITABLE | (memory.ended[side] === 0 ? 0 : FLAG.ENDED)
  }
  if (memory.unixClient[slot] === 1) flags[2 * slot] = (flags[2 * slot] as number) | FLAG.UNIX
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
