/** Counts the races of a dialer that run, for who has to close what they use. */
export type RaceCount = {
  readonly begun: () => void
  readonly over: () => void
  /** Calls back when no race runs: at once, or at the end of the last one. */
  readonly whenIdle: (callback: () => void) => void
}

export const createRaceCount = (): RaceCount => {
  let running = 0
  let waiting: (() => void)[] = []
  return {
    begun: () => {
      running++
    },
    over: () => {
      running--
      if (running > 0 || waiting.length === 0) return
      const callbacks = waiting
      waiting = []
      for (const callback of callbacks) callback()
    },
    whenIdle: callback => {
      if (running === 0) callback()
      else waiting.push(callback)
    },
  }
}
