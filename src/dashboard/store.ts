import type { Action, DashboardState } from './state.ts'
import { INITIAL_STATE, nextState } from './state.ts'

export type Store = {
  readonly state: () => DashboardState
  readonly dispatch: (action: Action) => void
  /** Calls `onChange` once for all changes between two frames. @returns ends it */
  readonly subscribe: (onChange: () => void) => () => void
}

/**
 * Keeps the state. However many actions there are, its readers hear of it once a frame.
 *
 * @param onNextFrame calls its argument when the next frame is drawn
 */
export const createStore = (onNextFrame: (draw: () => void) => void): Store => {
  const readers = new Set<() => void>()
  let state = INITIAL_STATE
  let isPlanned = false
  const draw = (): void => {
    isPlanned = false
    for (const read of readers) read()
  }
  return {
    state: () => state,
    dispatch: action => {
      const next = nextState(state, action)
      if (next === state) return
      state = next
      if (isPlanned) return
      isPlanned = true
      onNextFrame(draw)
    },
    subscribe: onChange => {
      readers.add(onChange)
      return () => void readers.delete(onChange)
    },
  }
}
