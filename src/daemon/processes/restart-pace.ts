/** How long the first process that is lost is waited for. */
export const RESTART_MIN_MS = 100

/** The longest wait: a process that cannot live costs a start each half minute. */
export const RESTART_MAX_MS = 30_000

/** Who has lived so long is sound, and what was before is forgotten. */
export const SOUND_AFTER_MS = 60_000

/** How soon a process that was lost is replaced: each time twice as late, so that a crash loop does not spin. */
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
