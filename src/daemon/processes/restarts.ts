import type { Clock } from '../../core/clock.ts'

/** Delay before the first lost process is replaced. */
export const RESTART_MIN_MS = 100

/** The longest delay: a process that always crashes costs one start per 30 s. */
export const RESTART_MAX_MS = 30_000

/** A process that lived this long resets the backoff. */
export const BACKOFF_RESET_MS = 60_000

/** Returns the delay before a lost process is replaced. @param livedMs how long the process had served */
export type RestartBackoff = (livedMs: number) => number

/** Exponential backoff for replacing lost processes, so that a crash loop does not use the CPU. */
export const createRestartBackoff = (): RestartBackoff => {
  let nextMs = RESTART_MIN_MS
  return livedMs => {
    if (livedMs >= BACKOFF_RESET_MS) nextMs = RESTART_MIN_MS
    const delayMs = nextMs
    nextMs = Math.min(nextMs * 2, RESTART_MAX_MS)
    return delayMs
  }
}

/** The pending and running replacements of lost processes. */
export type Restarts = {
  /**
   * Replaces a lost process after a delay.
   *
   * @returns the delay in milliseconds
   */
  readonly schedule: (index: number, livedMs: number) => number
  /** Resolves once no replacement is running. */
  readonly settled: () => Promise<void>
  /** Cancels the pending replacements. */
  readonly cancel: () => void
}

export type RestartsParts = {
  readonly processes: number
  readonly clock: Pick<Clock, 'after'>
  /** Called when the delay of a replacement is over; the replacement starts when it resolves. */
  readonly ready: () => Promise<unknown>
  /** Replaces the process with this index. */
  readonly replace: (index: number) => Promise<void>
}

export const createRestarts = ({ processes, clock, ready, replace }: RestartsParts): Restarts => {
  const backoffs = Array.from({ length: processes }, createRestartBackoff)
  const pending = new Set<() => void>()
  const running = new Set<Promise<void>>()

  const run = async (index: number): Promise<void> => {
    await ready()
    const replacement = replace(index)
    running.add(replacement)
    await replacement
    running.delete(replacement)
  }

  return {
    schedule: (index, livedMs) => {
      const delayMs = backoffs[index]?.(livedMs) ?? 0
      const cancel = clock.after(delayMs, () => {
        pending.delete(cancel)
        void run(index)
      })
      pending.add(cancel)
      return delayMs
    },
    settled: async () => void (await Promise.allSettled(running)),
    cancel: () => {
      for (const cancel of pending) cancel()
    },
  }
}
