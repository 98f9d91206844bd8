import { readdirSync } from 'node:fs'

/** Where a process sees its own descriptors: Linux, and what else has them. */
const FOLDERS = ['/proc/self/fd', '/dev/fd']

/** A daemon with nothing open, two relay workers and some to spare: where they cannot be counted. */
const ESTIMATE = 40

/**
 * How many file descriptors this process has open, whoever opened them: also those that it was started with.
 *
 * @param folders whose entries are descriptors; the first that can be read counts
 * @returns an estimate where they cannot be counted
 */
export const heldFiles = (folders: readonly string[] = FOLDERS): number => {
  for (const folder of folders) {
    try {
      // One is the folder's own, while it is read.
      return readdirSync(folder).length - 1
    } catch {
      // Another one may be there.
    }
  }
  return ESTIMATE
}
