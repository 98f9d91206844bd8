import type { Clock } from '../core/clock.ts'
import type { FileReader } from './file-reader.ts'

/** The parsed content of a file that may change. */
export type WatchedFile<T> = {
  /** The value at once where the file was looked at within the last second, else a promise of it. */
  readonly current: () => T | Promise<T>
}

/** How often a file is looked at, at most. */
export const CHECK_INTERVAL_MS = 1000

/**
 * Keeps a file's content parsed, and reads it again when it has changed. There is no watcher and no
 * timer: the file is looked at when somebody asks, at most once a second by the clock, and those who
 * ask meanwhile wait for the same look.
 *
 * @param parse is given '' where there is no file; it must not throw
 */
export const createWatchedFile = <T>({
  path,
  maxBytes,
  parse,
  files,
  clock,
}: {
  readonly path: string
  readonly maxBytes: number
  readonly parse: (text: string) => T
  readonly files: FileReader
  readonly clock: Clock
}): WatchedFile<T> => {
  let known: { readonly value: T; readonly version: string | undefined } | undefined
  let checkedAt = 0
  let checking: Promise<T> | undefined

  const check = async (): Promise<T> => {
    // The version is taken before the text: a change in between is then seen at the next look.
    const version = await files.version(path)
    if (!known || version !== known.version) {
      const text = version === undefined ? '' : await files.read(path, maxBytes)
      known = { value: parse(text), version }
    }
    checkedAt = clock.now()
    checking = undefined
    return known.value
  }

  return {
    current: () => {
      if (checking) return checking
      if (known && clock.now() - checkedAt < CHECK_INTERVAL_MS) return known.value
      checking = check()
      return checking
    },
  }
}
