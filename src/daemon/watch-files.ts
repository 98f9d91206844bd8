import type { Clock } from '../core/clock.ts'
import type { Look, lookAtFile } from './look-at-file.ts'

/** Time between two looks at a file. A change counts when two of them have found the same. */
export const LOOK_INTERVAL_MS = 1000

type WatchFilesParts = {
  readonly clock: Clock
  readonly look: typeof lookAtFile
  /**
   * Called when a file has changed and has then stayed the same from one look to the next; also once for each
   * file after `follow`, because it may have changed before.
   *
   * @param found what `look` returned
   * @returns false to be called again although the file stays the same; never rejects
   */
  readonly changed: (path: string, found: Look) => Promise<boolean>
}

export type WatchFiles = {
  /** Watches these files, and no others. After `stop` it does nothing. */
  readonly follow: (paths: readonly string[]) => void
  /** Ends the watching for good. */
  readonly stop: () => void
}

/**
 * Watches files by looking at them every second. That notices renames, symbolic links and network file
 * systems alike, and a file that is still being written waits.
 */
export const createWatchFiles = ({ clock, look, changed }: WatchFilesParts): WatchFiles => {
  /** How to stop watching each file. */
  let stops: readonly (() => void)[] = []
  let isOver = false

  const watch = (path: string): (() => void) => {
    let handled: string | null = null
    let before: string | null = null
    let stopped = false
    let cancel = (): void => {}

    const schedule = (): void => {
      if (!stopped) cancel = clock.after(LOOK_INTERVAL_MS, () => void onLook())
    }

    const onLook = async (): Promise<void> => {
      const found = await look(path)
      if (stopped) return
      const { seen } = found
      if (seen === before && seen !== handled) handled = (await changed(path, found)) ? seen : null
      before = seen
      // Only now: a file that cannot be looked at in time is not looked at again meanwhile.
      schedule()
    }

    schedule()
    return () => {
      stopped = true
      cancel()
    }
  }

  const stopAll = (): void => {
    for (const each of stops) each()
    stops = []
  }

  return {
    follow: paths => {
      stopAll()
      if (!isOver) stops = [...new Set(paths)].map(watch)
    },
    stop: () => {
      isOver = true
      stopAll()
    },
  }
}
