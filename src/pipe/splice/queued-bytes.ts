import { ERRNO, MSG } from '../../libc/constants.ts'
import type { RelayEngine, Step } from './relay-engine.ts'
import { FLAG, STEP, countMoved } from './relay-engine.ts'

/** Flags of send(2): no SIGPIPE, no waiting. */
export const SEND_FLAGS = MSG.DONTWAIT | MSG.NOSIGNAL

const NOTHING = new Uint8Array(0)

/** Drops the held bytes of a direction, if any. */
export const dropHeld = ({ held, rooms }: RelayEngine, direction: number): void => {
  const rest = held.get(direction)
  if (!rest) return
  held.delete(direction)
  rooms.give(rest)
}

/**
 * Sends the held bytes of a direction.
 *
 * @returns `WAIT` if the destination accepts no more; `MORE` if no bytes are held any more
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
 * Copies the bytes of the engine's buffer that the destination did not accept; the source is not read until
 * they are sent. It uses no pipe, because a slow reader would then occupy two descriptors for a few bytes.
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
  // Edge-triggered epoll reports EPOLLOUT only after a send that returned EAGAIN.
  return sendHeld(engine, direction)
}
