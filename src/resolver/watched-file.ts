import type { CancelTimer, Clock } from '../core/clock.ts'
import type { FileReader } from './file-reader.ts'

/** A value that is read from a file and updated when the file changes. */
export type WatchedFile<T> = {
  /** The value: at once if the file was checked within the last second, else as a promise. */
  readonly current: () => T | Promise<T>
}

/** Minimum interval between two checks of a file, in milliseconds. */
export const CHECK_INTERVAL_MS = 1000

/** How long callers wait for a changed file before they get the old value, in milliseconds. */
export const PATIENCE_MS = 50

/**
 * Creates a value that is read again when its file changes. It uses no watcher and no timer: a call checks
 * the file, at most once a second, and concurrent calls share the check. While a slow read runs, the old
 * value is returned. A failed check or read (for example without a free descriptor) keeps the value, and
 * the next check tries again.
 *
 * @param load reads the file; it may reject
 * @param none returns the value if the file does not exist, or could not be read yet
 */
export const createWatchedFile = <T>({
  path,
  load,
  none,
  files,
  clock,
}: {
  readonly path: string
  readonly load: () => Promise<T>
  readonly none: () => T
  readonly files: Pick<FileReader, 'version'>
  readonly clock: Clock
}): WatchedFile<T> => {
  /** `version` is null if the file could not be read. */
  let known: { readonly value: T; readonly version: string | undefined | null } | undefined
  let checkedAt = 0
  let checking: Promise<T> | undefined
  let reading = false

  const read = async (version: string | undefined): Promise<void> => {
    reading = true
    try {
      known = { value: version === undefined ? none() : await load(), version }
    } catch {
      // The file may have been removed since the check, or no descriptor was free.
    }
    reading = false
  }

  /** Waits for a read, but only for a short time if there is an old value. */
  const withPatience = async (begun: Promise<void>): Promise<void> => {
    if (!known) return begun
    let cancel: CancelTimer = () => {}
    const late = new Promise<void>(resolve => {
      cancel = clock.after(PATIENCE_MS, resolve)
    })
    await Promise.race([begun, late])
    cancel()
  }

  const check = async (): Promise<T> => {
    try {
      // The version is read before the content, so the next check detects a change in between.
      const version = await files.version(path)
      if (!known || version !== known.version) {
        await withPatience(read(version))
      }
    } catch {
      // The old value stays.
    }
    checkedAt = clock.now()
    checking = undefined
    known ??= { value: none(), version: null }
    return known.value
  }

  return {
    current: () => {
      if (checking) return checking
      const isFresh = clock.now() - checkedAt < CHECK_INTERVAL_MS
      if (known && (isFresh || reading)) return known.value
      checking = check()
      return checking
    },
  }
}
