import { readFileSync } from 'node:fs'

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

/**
 * The most files and sockets that this process may have open: its soft limit, which Node raises to the hard
 * limit at start-up.
 *
 * @returns a whole number, or Infinity if there is no limit or it is unknown
 */
export const openFilesLimit = ({
  limits = readLimits,
  report = readReport,
}: Partial<OpenFilesSources> = {}): number => {
  const soft = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits() ?? '')?.[1] ?? report()
  const limit = Number(soft)
  return Number.isInteger(limit) && limit > 0 ? limit : Number.POSITIVE_INFINITY
}
