import { readdirSync } from 'node:fs'

/** Directories that list the descriptors of the process: on Linux, and on other systems. */
const FOLDERS = ['/proc/self/fd', '/dev/fd']

/**
 * Estimate of the open descriptors if they cannot be counted: an idle daemon, two relay workers and some
 * spare.
 */
const ESTIMATE = 40

/**
 * The number of open file descriptors of this process, including inherited ones.
 *
 * @param folders directories that list descriptors; the first readable one counts
 * @returns an estimate if they cannot be counted
 */
export const heldFiles = (folders: readonly string[] = FOLDERS): number => {
  for (const folder of folders) {
    try {
      // One entry is the descriptor of the directory itself.
      return readdirSync(folder).length - 1
    } catch {
      // Try the next directory.
    }
  }
  return ESTIMATE
}
