import { spawnSync } from 'node:child_process'
import type { Violation } from './ledger.ts'

/** A port may have been another client's before and after. */
const AROUND_MS = 2000

const LINES_MAX = 5

/** More of a line shows no more. */
const LENGTH_MAX = 600

/**
 * The lines of the log about the client of a violation.
 *
 * @param startedMs when the clock of the violation was 0, in epoch milliseconds
 */
export const linesOf = (
  { client, from, to }: Pick<Violation, 'client' | 'from' | 'to'>,
  logs: readonly string[],
  startedMs: number,
): string[] => {
  if (client === undefined) return []
  const words = ['-hF', `"client":"${client}"`, ...logs]
  const { stdout } = spawnSync('grep', words, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  const isInTime = (line: string): boolean => {
    const time = Number(/"time":(\d+)/.exec(line)?.[1]) - startedMs
    return time > from - AROUND_MS && time < to + AROUND_MS
  }
  return stdout
    .split('\n')
    .filter(isInTime)
    .slice(0, LINES_MAX)
    .map(line => line.slice(0, LENGTH_MAX))
}
