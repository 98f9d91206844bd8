import type { BigIntStats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { codeOf } from '../core/fail.ts'

/** What was found at a path. */
export type Look = {
  /**
   * A text that is another one after each change of the file, also if it was replaced by a rename, or if a
   * symbolic link on its path leads elsewhere. If nothing could be found, the code of the error.
   */
  readonly seen: string
  /** What is there and is no regular file, as in "a folder"; else null. */
  readonly instead: string | null
  /** The size of a regular file in bytes. */
  readonly size: number
}

const insteadOf = (found: BigIntStats): string | null => {
  if (found.isFile()) return null
  if (found.isDirectory()) return 'a folder'
  if (found.isFIFO()) return 'a pipe'
  return found.isSocket() ? 'a socket' : 'a device'
}

/** Looks at a file without opening it, which could wait for the writer of a pipe. It never rejects. */
export const lookAtFile = async (path: string): Promise<Look> => {
  try {
    const found = await stat(path, { bigint: true })
    const { dev, ino, size, mtimeNs, ctimeNs } = found
    const instead = insteadOf(found)
    // The times of a pipe, a folder or a device change by their use.
    return instead === null
      ? { seen: [dev, ino, size, mtimeNs, ctimeNs].join(' '), instead, size: Number(size) }
      : { seen: [instead, dev, ino].join(' '), instead, size: 0 }
  } catch (error) {
    return { seen: codeOf(error), instead: null, size: 0 }
  }
}
