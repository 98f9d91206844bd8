import type { Clock } from '../core/clock.ts'
import type { lookAtFile } from './look-at-file.ts'
import { createWatchFiles } from './watch-files.ts'

type ConfigWatchParts = {
  readonly clock: Clock
  readonly look: typeof lookAtFile
  /** The files to watch, by the configuration in force. */
  readonly paths: () => readonly string[]
  /** Called when a file has changed, and also once after it began to be watched. Never rejects. */
  readonly changed: () => Promise<void>
}

/** Watches the configuration file, and the files that it names. */
export type ConfigWatch = {
  /**
   * Begins or ends to watch, as the configuration in force says. Call it after each reload. After `stop` it does
   * nothing.
   */
  readonly follow: () => void
  /** Ends the watching for good. */
  readonly stop: () => void
}

export const createConfigWatch = (parts: ConfigWatchParts): ConfigWatch => {
  const { clock, look, paths, changed } = parts
  let watched: readonly string[] = []
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
      const wanted = paths()
      if (wanted.join('\0') === watched.join('\0')) return
      watched = wanted
      files.follow(wanted)
    },
    stop: files.stop,
  }
}
