import { open, stat } from 'node:fs/promises'
import type { CancelTimer, Clock } from '../core/clock.ts'

/** Access to files. */
export type FileReader = {
  /**
   * Returns a text that changes when the file changes; undefined if the file does not exist.
   *
   * @throws the system's error if stat fails; as a rejection
   */
  readonly version: (path: string) => Promise<string | undefined>
  /**
   * Yields the first `maxBytes` bytes in pieces, each in a later turn of the event loop. A piece is valid
   * until the next one is requested.
   *
   * @throws the system's error if the file cannot be read; as a rejection
   */
  readonly read: (path: string, maxBytes: number) => AsyncIterable<Uint8Array>
}

/** About 600 lines of a hosts file, which take 1 or 2 ms to parse. */
const PIECE_BYTES = 16_384

const isMissing = (error: unknown): boolean => {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** Reads the files of this host. */
export const fileReader: FileReader = {
  version: async path => {
    try {
      const { mtimeMs, ctimeMs, size, ino } = await stat(path)
      return `${mtimeMs} ${ctimeMs} ${size} ${ino}`
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  },
  read: async function* (path, maxBytes) {
    const file = await open(path, 'r')
    try {
      const buffer = Buffer.alloc(Math.min(PIECE_BYTES, maxBytes))
      let left = maxBytes
      while (left > 0) {
        const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, left), null)
        if (bytesRead === 0) return
        left -= bytesRead
        yield buffer.subarray(0, bytesRead)
      }
    } finally {
      await file.close()
    }
  },
}

/**
 * Returns the beginning of a file as text.
 *
 * @param maxBytes maximum number of bytes to read
 */
export const readText = async (
  { read }: FileReader,
  path: string,
  maxBytes: number,
): Promise<string> => {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of read(path, maxBytes)) text += decoder.decode(piece, { stream: true })
  return text + decoder.decode()
}

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
