import { ERRNO, MSG } from '../../libc/constants.ts'
import { countMoved, FLAG, STEP } from './relay-engine.ts'
import type { RelayEngine, Step } from './relay-engine.ts'

/** For send(2): neither SIGPIPE nor waiting. */
export const SEND_FLAGS = MSG.DONTWAIT | MSG.NOSIGNAL

const NOTHING = new Uint8Array(0)

/** Forgets what is held of a direction, if anything is. */
export const dropHeld = ({ held, rooms }: RelayEngine, direction: number): void => {
  const rest = held.get(direction)
  if (!rest) return
  held.delete(direction)
  rooms.give(rest)
}

/**
 * Sends what is held of a direction.
 *
 * @returns `WAIT`: the destination takes no more; `MORE`: nothing is held any more
 */
export const sendHeld = (engine: RelayEngine, direction: number): Step => {
  const { libc, memory, flags, held } = engine
  const to = direction ^ 1
  let rest = held.get(direction) ?? NOTHING
  while (rest.length > 0) {
    if (((flags[to] as number) & FLAG.WRITABLE) === 0) return STEP.WAIT
    const sent = libc.send(memory.fds[to] as number, rest, rest.length, SEND_FLAGS)
    if (sent >= 0) {
      countMoved(engine, direction, sent)
      rest = rest.subarray(sent)
      held.set(direction, rest)
    } else if (sent === -ERRNO.EAGAIN) {
      flags[to] = (flags[to] as number) & ~FLAG.WRITABLE
    } else if (sent !== -ERRNO.EINTR) {
      return sent
    }
  }
  dropHeld(engine, direction)
  flags[direction] = (flags[direction] as number) & ~FLAG.HELD
  return STEP.MORE
}

/**
 * Keeps a copy of what a destination did not take of the engine's buffer: nothing more is read until it
 * has. No pipe is taken for it: a slow reader would hold two descriptors in place of these few bytes.
 */
export const holdBytes = (
  engine: RelayEngine,
  direction: number,
  from: number,
  to: number,
): Step => {
  const room = engine.rooms.take(to - from)
  room.set(engine.buffer.subarray(from, to))
  engine.held.set(direction, room)
  engine.flags[direction] = (engine.flags[direction] as number) | FLAG.HELD
  // Only an attempt that moves nothing makes epoll tell of room.
  return sendHeld(engine, direction)
}
