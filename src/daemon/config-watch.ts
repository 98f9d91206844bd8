import type { Clock } from '../core/clock.ts'
import type { lookAtFile } from './look-at-file.ts'
import { createWatchFiles } from './watch-files.ts'

type ConfigWatchParts = {
  readonly path: string
  readonly clock: Clock
  readonly look: typeof lookAtFile
  /** Whether the configuration in force says that its file is watched. */
  readonly isWanted: () => boolean
  /** Called when the file has changed, and also once after it began to be watched. Never rejects. */
  readonly changed: () => Promise<void>
}

/** Watches the configuration file. */
export type ConfigWatch = {
  /** Begins or ends to watch, as the configuration in force says. Call it after each reload. */
  readonly follow: () => void
  readonly stop: () => void
}

export const createConfigWatch = (parts: ConfigWatchParts): ConfigWatch => {
  const { path, clock, look, isWanted, changed } = parts
  let isWatched = false
  const files = createWatchFiles({
    clock,
    look,
    changed: async (_, { instead }) => {
      // A pipe has no content that could be read again.
      if (instead === null) await changed()
      return true
    },
  })
  return {
    follow: () => {
      if (isWatched === isWanted()) return
      isWatched = !isWatched
      files.follow(isWatched ? [path] : [])
    },
    stop: files.stop,
  }
}
