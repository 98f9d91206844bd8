import { readFileSync } from 'node:fs'

/** Where a limit is read from; each gives undefined where there is none such here. */
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
    // Not Linux.
    return undefined
  }
}

const readReport = (): unknown => {
  // The types say only `object`; what is inside is documented under "Diagnostic report".
  const report = process.report.getReport() as {
    readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } }
  }
  return report.userLimits?.open_files?.soft
}

/**
 * How many files and sockets this process may have open at a time: its soft limit, which Node raises
 * to the hard one as it starts.
 *
 * @returns a whole number, or Infinity where there is no limit or it cannot be known
 */
export const openFilesLimit = ({
  limits = readLimits,
  report = readReport,
}: Partial<OpenFilesSources> = {}): number => {
  const soft = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits() ?? '')?.[1] ?? report()
  const limit = Number(soft)
  return Number.isInteger(limit) && limit > 0 ? limit : Number.POSITIVE_INFINITY
}
