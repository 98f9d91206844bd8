import { readFileSync, readdirSync } from 'node:fs'

/** Sources of the limit; each returns undefined if this system does not have it. */
export type OpenFilesSources = {
  /** The text of /proc/self/limits. */
  readonly limits: () => string | undefined
  /** `userLimits.open_files.soft` of Node's diagnostic report: a number or `unlimited`. */
  readonly report: () => unknown
}

const readLimits = (): string | undefined => {
  try {
    return readFileSync('/proc/self/limits', 'latin1')
  } catch {
    // Another system than Linux.
    return undefined
  }
}

const readReport = (): unknown => {
  // Node's types only say `object`; Node documents the content under "Diagnostic report".
  const report = process.report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } }
  }
  return report.userLimits?.open_files?.soft
}

const readLimit = ({ limits, report }: OpenFilesSources): number => {
  const soft = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits() ?? '')?.[1] ?? report()
  const limit = Number(soft)
  return Number.isInteger(limit) && limit > 0 ? limit : Number.POSITIVE_INFINITY
}

let ownLimit: number | undefined

/**
 * The most files and sockets that this process may have open: its soft limit, which Node raises to the hard
 * limit at start-up. It is read once, before the first relay worker starts: Node's report, which is needed where
 * /proc is not mounted, waits for all threads, and a relay worker does not answer it.
 *
 * @param sources those of this process by default
 * @returns a whole number, or Infinity if there is no limit or it is unknown
 */
export const openFilesLimit = (sources?: Partial<OpenFilesSources>): number => {
  const own = { limits: readLimits, report: readReport }
  if (sources) return readLimit({ ...own, ...sources })
  ownLimit ??= readLimit(own)
  return ownLimit
}

/** Directories that list the descriptors of the process: on Linux, and on other systems. */
const FOLDERS = ['/proc/self/fd', '/dev/fd']

/**
 * Estimate of the open descriptors if they cannot be counted: an idle daemon, two relay workers and some
 * spare.
 */
const ESTIMATE = 40

/**
 * The number of open file descriptors of this process, including inherited ones; null if they cannot be counted.
 *
 * @param folders directories that list descriptors; the first readable one counts
 */
export const listOpenFiles = (folders: readonly string[] = FOLDERS): number | null => {
  for (const folder of folders) {
    try {
      // One entry is the descriptor of the directory itself.
      return readdirSync(folder).length - 1
    } catch {
      // Try the next directory.
    }
  }
  return null
}

/** The number of open file descriptors, or an estimate if they cannot be counted. */
export const countOpenFiles = (folders: readonly string[] = FOLDERS): number =>
  listOpenFiles(folders) ?? ESTIMATE
