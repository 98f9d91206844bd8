/** Delay before the first lost process is replaced. */
export const RESTART_MIN_MS = 100

/** The longest delay: a process that always crashes costs one start per 30 s. */
export const RESTART_MAX_MS = 30_000

/** A process that lived this long resets the backoff. */
export const SOUND_AFTER_MS = 60_000

/** Exponential backoff for replacing lost processes, so that a crash loop does not use the CPU. */
export type RestartPace = {
  /**
   * @param livedMs how long the process that was lost had served
   * @returns how long to wait before another one starts, in milliseconds
   */
  readonly next: (livedMs: number) => number
}

export const createRestartPace = (): RestartPace => {
  let waitMs = RESTART_MIN_MS
  return {
    next: livedMs => {
      if (livedMs >= SOUND_AFTER_MS) waitMs = RESTART_MIN_MS
      const now = waitMs
      waitMs = Math.min(waitMs * 2, RESTART_MAX_MS)
      return now
    },
  }
}
