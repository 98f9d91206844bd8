import type { CancelTimer, Clock } from '../../core/clock.ts'

/** Detects that no byte has moved for too long. */
export type SilenceWatch = {
  /** Records that bytes moved. It is cheap: it reads the clock, returns that time, and sets no timer. */
  readonly moved: () => number
  /** Lowers the limit, in milliseconds; a higher limit than before is ignored. */
  readonly shorten: (limitMs: number) => void
  readonly stop: () => void
}

/**
 * @param limitMs the longest time without a byte, in milliseconds, above 0
 * @param expired called once, when no byte has moved for the current limit
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
    // One timer serves the whole pipe: when it fires, `check` looks at the time of the last byte.
    cancel = clock.after(last + limit - clock.now(), check)
  }
  const check = (): void => {
    // Timers may fire a fraction of a millisecond early; wait for the rest.
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
