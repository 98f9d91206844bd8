/** What a person wants to know of a run of tap, whose own output has a line for each assertion. */
export type Digest = {
  /** Each failure with its diagnostics, and each test left out with its reason. */
  readonly lines: readonly string[]
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const NOT_RUN = / # (?:SKIP|TODO)\b/i

/** A line of its own for a test file that failed, and what failed inside it. */
const isWorthTelling = (line: string): boolean =>
  /^ *not ok /.test(line) || (/^ *ok /.test(line) && NOT_RUN.test(line))

/** Reads the output of tap's reporter `tap`. */
export const digest = (output: string): Digest => {
  const lines: string[] = []
  let file = ''
  let diagnosticsOf: string | undefined
  for (const line of output.split('\n')) {
    const indent = /^ */.exec(line)?.[0] ?? ''
    if (diagnosticsOf !== undefined && indent.length > diagnosticsOf.length) {
      lines.push(line)
      continue
    }
    diagnosticsOf = undefined
    file = /^# Subtest: (.*)$/.exec(line)?.[1] ?? file
    if (!isWorthTelling(line)) continue
    lines.push(indent === '' ? line : `${file}: ${line.trim()}`)
    // Those of a test around a failed one only repeat where it stands; a file's tell how it ended.
    if (line.includes('not ok ') && (indent === '' || !/# time=/.test(line))) diagnosticsOf = indent
  }
  const count = (name: string): number =>
    Number(new RegExp(`^# \\{.*\\b${name}: (\\d+)`, 'm').exec(output)?.[1] ?? 0)
  return { lines, passed: count('pass'), failed: count('fail'), skipped: count('skip') }
}

/** The digest as text. `0 passed` is a failure too, whatever tap's exit status. */
export const formatDigest = ({ lines, passed, failed, skipped }: Digest): string =>
  [...lines, `${passed} passed, ${failed} failed, ${skipped} skipped`].join('\n')
