import { ERRNO_UNKNOWN, failRelay } from './end-relay.ts'
import { sendHeld } from './hold-bytes.ts'
import { moveBulk } from './move-bulk.ts'
import { moveSmall } from './move-small.ts'
import { FLAG, STEP } from './relay-engine.ts'
import type { RelayEngine, Step } from './relay-engine.ts'

/**
 * What one direction may move by splice(2) before it is others' turn, in bytes: a quarter of a pipe, so
 * that one transfer does not make others wait for long.
 */
export const BULK_BUDGET_BYTES = 262_144

const move = (engine: RelayEngine, direction: number): Step => {
  const flags = engine.flags[direction] as number
  if ((flags & FLAG.HELD) !== 0) {
    const step = sendHeld(engine, direction)
    if (step !== STEP.MORE) return step
  }
  return (flags & FLAG.BULK) === 0
    ? moveSmall(engine, direction)
    : moveBulk(engine, direction, BULK_BUDGET_BYTES)
}

/**
 * Ends a relay of which a side has failed. What that side sent before is still in its socket, an answer
 * maybe, and goes on as far as the other takes it.
 *
 * @param errno above 0, or `ERRNO_UNKNOWN`
 */
export const failSide = (engine: RelayEngine, side: number, errno = ERRNO_UNKNOWN): void => {
  const { flags } = engine
  flags[side] = (flags[side] as number) | FLAG.FAILED | FLAG.READABLE | FLAG.CAREFUL
  let step: Step
  // No more can come: it ends with what the socket has.
  do step = move(engine, side)
  while (step === STEP.MORE)
  if (step !== STEP.OVER) failRelay(engine, side, errno)
}

/** Does what follows from a step of a direction. */
export const settle = (engine: RelayEngine, direction: number, step: Step): void => {
  if (step === STEP.MORE) engine.ready.add(direction)
  else if (step < 0) failSide(engine, direction ^ 1, -step)
}

/** Moves what one direction has, up to its budget. Where there is more, it is in the list of those. */
export const runDirection = (engine: RelayEngine, direction: number): void =>
  settle(engine, direction, move(engine, direction))
