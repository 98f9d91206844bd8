import { ERRNO, MSG } from '../../libc/constants.ts'
import type { RelayEngine, Step } from './relay-engine.ts'
import { FLAG, STEP, countMoved } from './relay-engine.ts'

/** Flags of send(2): no SIGPIPE, no waiting. */
export const SEND_FLAGS = MSG.DONTWAIT | MSG.NOSIGNAL

const NOTHING = new Uint8Array(0)

/** Drops the queued bytes of a direction, if any. */
export const dropQueued = ({ queued, buffers }: RelayEngine, direction: number): void => {
  const rest = queued.get(direction)
  if (!rest) return
  queued.delete(direction)
  buffers.give(rest)
}

/**
 * Sends the queued bytes of a direction.
 *
 * @returns `WAIT` if the destination accepts no more; `MORE` if no bytes are queued any more
 */
export const sendQueued = (engine: RelayEngine, direction: number): Step => {
  const { libc, memory, flags, queued } = engine
  const to = direction ^ 1
  let rest = queued.get(direction) ?? NOTHING
  while (rest.length > 0) {
    if (((flags[to] as number) & FLAG.WRITABLE) === 0) return STEP.WAIT
    const sent = libc.send(memory.fds[to] as number, rest, rest.length, SEND_FLAGS)
    if (sent >= 0) {
      countMoved(engine, direction, sent)
      rest = rest.subarray(sent)
      queued.set(direction, rest)
    } else if (sent === -ERRNO.EAGAIN) {
      flags[to] = (flags[to] as number) & ~FLAG.WRITABLE
    } else if (sent !== -ERRNO.EINTR) {
      return sent
    }
  }
  dropQueued(engine, direction)
  flags[direction] = (flags[direction] as number) & ~FLAG.QUEUED
  return STEP.MORE
}

/**
 * Copies the bytes of the engine's buffer that the destination did not accept; the source is not read until
 * they are sent. It uses no pipe, because a slow reader would then occupy two descriptors for a few bytes.
 */
export const queueBytes = (
  engine: RelayEngine,
  direction: number,
  from: number,
  to: number,
): Step => {
  const buffer = engine.buffers.take(to - from)
  buffer.set(engine.buffer.subarray(from, to))
  engine.queued.set(direction, buffer)
  engine.flags[direction] = (engine.flags[direction] as number) | FLAG.QUEUED
  // Edge-triggered epoll reports EPOLLOUT only after a send that returned EAGAIN.
  return sendQueued(engine, direction)
}
