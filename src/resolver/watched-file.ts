import type { CancelTimer, Clock } from '../core/clock.ts'
import type { FileReader } from './file-reader.ts'

/** The content of a file that may change. */
export type WatchedFile<T> = {
  /** The value at once where the file was looked at within the last second, else a promise of it. */
  readonly current: () => T | Promise<T>
}

/** How often a file is looked at, at most. */
export const CHECK_INTERVAL_MS = 1000

/** How long those who ask wait for a file that has changed, before they get what it was. */
export const PATIENCE_MS = 50

/**
 * Keeps a file's content, and reads it again when it has changed. There is no watcher and no timer: the
 * file is looked at when somebody asks, at most once a second by the clock, and those who ask meanwhile
 * wait for the same look. Where it takes long to read, the old content serves meanwhile. A look or a
 * reading that fails, as without a free descriptor, changes nothing, and is tried again at the next look.
 *
 * @param load reads the file; it may reject
 * @param none the value where there is no file, or it could not be read yet
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
  /** `version` is null where the value stands for a file that could not be read. */
  let known: { readonly value: T; readonly version: string | undefined | null } | undefined
  let checkedAt = 0
  let checking: Promise<T> | undefined
  let reading = false

  const read = async (version: string | undefined): Promise<void> => {
    reading = true
    try {
      known = { value: version === undefined ? none() : await load(), version }
    } catch {
      // The file may have gone since it was looked at, or there was no descriptor for it.
    }
    reading = false
  }

  /** Waits for a reading, but not for long where something else can serve. */
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
      // The version is taken before the text: a change in between is then seen at the next look.
      const version = await files.version(path)
      if (!known || version !== known.version) {
        await withPatience(read(version))
      }
    } catch {
      // What is known serves on.
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
