import { EPOLL } from '../../libc/constants.ts'
import { ERRNO_UNKNOWN, endIfDelivered, failRelay } from './fail-relay.ts'
import { moveBulk } from './move-bulk.ts'
import { moveSmall } from './move-small.ts'
import { sendQueued } from './queued-bytes.ts'
import type { RelayEngine, Step } from './relay-engine.ts'
import { FLAG, STEP } from './relay-engine.ts'

/**
 * The most bytes that one direction moves by splice(2) before other directions get their turn: a quarter of
 * a pipe, so that others do not wait for long.
 */
export const BULK_BUDGET_BYTES = 262_144

const move = (engine: RelayEngine, direction: number): Step => {
  const flags = engine.flags[direction] as number
  if ((flags & FLAG.IGNORED) !== 0) return STEP.WAIT
  if ((flags & FLAG.QUEUED) !== 0) {
    const step = sendQueued(engine, direction)
    if (step !== STEP.MORE) return step
  }
  return (flags & FLAG.BULK) === 0
    ? moveSmall(engine, direction)
    : moveBulk(engine, direction, BULK_BUDGET_BYTES)
}

/**
 * Begins to end a relay after one side has failed. Bytes that this side sent before, perhaps a reply, are
 * still in its socket and go to the other side.
 *
 * @param errno above 0, or `ERRNO_UNKNOWN`
 */
export const failSide = (engine: RelayEngine, side: number, errno = ERRNO_UNKNOWN): void => {
  const { flags } = engine
  if (failRelay(engine, side, errno) === STEP.OVER) return
  flags[side] = (flags[side] as number) | FLAG.READABLE
  runDirection(engine, side)
}

/** Handles the result of a step of a direction. */
export const settle = (engine: RelayEngine, direction: number, step: Step): void => {
  if (step === STEP.MORE) engine.ready.add(direction)
  else if (step < 0) failSide(engine, direction ^ 1, -step)
  else if (step === STEP.WAIT && ((engine.flags[direction] as number) & FLAG.FAILED) !== 0)
    endIfDelivered(engine, direction)
}

/** Moves the bytes of one direction, up to its budget. A direction that has more goes into the ready list. */
export const runDirection = (engine: RelayEngine, direction: number): void =>
  settle(engine, direction, move(engine, direction))

/** The epoll events of a socket. EPOLLPRI is there because splice(2) stops before urgent data. */
export const WATCHED = EPOLL.IN | EPOLL.PRI | EPOLL.OUT | EPOLL.RDHUP | EPOLL.ET

/** Events after which a short read does not mean that the receive queue is empty. */
const CAREFUL = EPOLL.PRI | EPOLL.RDHUP | EPOLL.HUP | EPOLL.ERR

/** Events after which a read returns bytes, end of stream or an error. */
const READABLE = EPOLL.IN | CAREFUL

/** Events after which a write either accepts bytes or fails. */
const WRITABLE = EPOLL.OUT | EPOLL.HUP | EPOLL.ERR

/**
 * Handles an event of epoll_wait, bulk included, up to its budget. Received bytes are still in the
 * processor's cache; handling bulk after all other events slowed 8 transfers at once by 20 %.
 *
 * @param generation the generation of the slot when the descriptor was registered; events may arrive after
 *   the relay's end
 */
export const takeEvent = (
  engine: RelayEngine,
  side: number,
  generation: number,
  events: number,
): void => {
  const { flags, piped } = engine
  const slot = side >> 1
  const isStale = (): boolean => engine.live[slot] === 0 || engine.generation[slot] !== generation
  if (isStale()) return
  let bits = flags[side] as number
  if ((events & READABLE) !== 0) bits |= FLAG.READABLE
  if ((events & CAREFUL) !== 0) bits |= FLAG.CAREFUL
  if ((events & WRITABLE) !== 0) bits |= FLAG.WRITABLE
  flags[side] = bits
  if ((events & EPOLL.ERR) !== 0) {
    failSide(engine, side)
    return
  }
  if ((events & READABLE) !== 0) {
    runDirection(engine, side)
    if (isStale()) return
  }
  const from = side ^ 1
  const waits = (flags[from] as number) & (FLAG.QUEUED | FLAG.READABLE)
  if ((events & WRITABLE) !== 0 && (waits !== 0 || piped[from] !== 0)) runDirection(engine, from)
}
