/** Calls `done` when everything that was ready as it was called has been handled, and what followed at once. */
export type InputTurn = (done: () => void) => void

/** What waits for input beside Node's loop on this thread. */
const turns = new Set<InputTurn>()

/** Has `afterInput` wait for one more. @returns takes it back; before what was given to it is discarded */
export const addInputTurn = (turn: InputTurn): (() => void) => {
  turns.add(turn)
  return () => void turns.delete(turn)
}

/**
 * Calls `run` once input that is there now has been handled: Node's, and that of every poller. For
 * deadlines that are late because the process could not run: what came in time comes first.
 */
export const afterInput = (run: () => void): void => {
  // Node polls before it runs immediates.
  setImmediate(() => {
    let left = turns.size
    if (left === 0) return run()
    for (const turn of turns) {
      turn(() => {
        if (--left === 0) run()
      })
    }
  })
}
