import { awaitDelivery } from './await-delivery.ts'
import { ERRNO_UNKNOWN, failRelay } from './fail-relay.ts'
import { sendHeld } from './hold-bytes.ts'
import { moveBulk } from './move-bulk.ts'
import { moveSmall } from './move-small.ts'
import { FLAG, STEP } from './relay-engine.ts'
import type { RelayEngine, Step } from './relay-engine.ts'

/**
 * The most bytes that one direction moves by splice(2) before other directions get their turn: a quarter of
 * a pipe, so that others do not wait for long.
 */
export const BULK_BUDGET_BYTES = 262_144

const move = (engine: RelayEngine, direction: number): Step => {
  const flags = engine.flags[direction] as number
  if ((flags & FLAG.IGNORED) !== 0) return STEP.WAIT
  if ((flags & FLAG.HELD) !== 0) {
    const step = sendHeld(engine, direction)
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
    awaitDelivery(engine, direction)
}

/** Moves the bytes of one direction, up to its budget. A direction that has more goes into the ready list. */
export const runDirection = (engine: RelayEngine, direction: number): void =>
  settle(engine, direction, move(engine, direction))
