import type { CancelTimer, Clock } from '../../core/clock.ts'

/** Notices that nothing has moved for too long. */
export type SilenceWatch = {
  /** Something moved. Cheap: it reads the clock, which it returns, and sets no timer. */
  readonly moved: () => number
  /** From now on this much silence is too long, if it is less than before. In milliseconds. */
  readonly shorten: (limitMs: number) => void
  readonly stop: () => void
}

/**
 * @param limitMs how long nothing may move, in milliseconds, above 0
 * @param expired called once, when nothing has moved for the limit in force
 */
export const createSilenceWatch = (
  clock: Clock,
  limitMs: number,
  expired: () => void,
): SilenceWatch => {
  let limit = limitMs
  let last = clock.now()
  let cancel: CancelTimer
  const arm = (): void => {
    // One timer for the life of the pipe: when it fires it looks how long ago the last byte was.
    cancel = clock.after(last + limit - clock.now(), check)
  }
  const check = (): void => {
    // Timers fire early by a fraction of a millisecond; what is left is then waited for.
    if (clock.now() - last < limit) arm()
    else expired()
  }
  arm()
  return {
    moved: () => (last = clock.now()),
    shorten: next => {
      if (next >= limit) return
      limit = next
      cancel()
      arm()
    },
    stop: () => cancel(),
  }
}
