import { parseDuration } from '../core/duration.ts'
import { fail, failFrom } from '../core/fail.ts'
import type { HistoryAnswer } from '../admin/api.ts'
import { fileFailure } from '../config/read-file.ts'
import { formatNoun } from '../dashboard/format.ts'
import { EXIT_DONE, switchOf, textOf, usesColour } from './command.ts'
import { requireAdmin } from './daemon-address.ts'
import { askHistory, askRaces } from './daemon-answers.ts'
import type { FailureGroups } from './report/failure-groups.ts'
import { createFailureGroups } from './report/failure-groups.ts'
import { readLog } from './report/read-log.ts'
import { reportJson, reportText } from './report/show-report.ts'
import type { Arguments, CliIo } from './types.ts'

const STDIN = '-'

/** The most that one answer of a daemon has (`admin.raceHistory`). */
const RACES_MAX = 10_000

const NO_HISTORY: HistoryAnswer = { demoted: [] }

const sinceOf = (args: Arguments, now: number): number => {
  const text = textOf(args, 'since')
  if (text === undefined) return Number.NEGATIVE_INFINITY
  try {
    return now - parseDuration(text)
  } catch (error) {
    throw fail('ERR_CONFIG', `--since: ${(error as Error).message}`, {}, error)
  }
}

const readLines = async (
  file: string,
  io: CliIo,
  add: FailureGroups['add'],
): ReturnType<typeof readLog> => {
  if (file === STDIN) return readLog(io.stdin, add)
  try {
    return await readLog(io.openFile(file), add)
  } catch (error) {
    throw failFrom(error, `${file}: cannot be read: ${fileFailure(error)}`)
  }
}

/** Reads a log into the groups, and returns its name for people. */
const fromLog = async (file: string, io: CliIo, add: FailureGroups['add']): Promise<string> => {
  const source = file === STDIN ? 'the log on standard input' : file
  let races = 0
  const lines = await readLines(file, io, race => {
    races++
    add(race)
  })
  if (lines > 0 && races === 0) {
    const found = `${source}: found no race in ${formatNoun(lines, 'line')}`
    io.stderr.write(
      `eyeballd: ${found}; expected a log in JSON (log.format: json, log.races: all)\n`,
    )
  }
  return source
}

/** `eyeballd report`: hidden failures and failed races of a running daemon, or of a log. */
export const report = async (args: Arguments, io: CliIo, now = Date.now()): Promise<number> => {
  const groups = createFailureGroups()
  const since = sinceOf(args, now)
  const add: FailureGroups['add'] = race => {
    if (race.time >= since) groups.add(race)
  }
  const file = textOf(args, 'file', 'FILE')
  if (file !== undefined && textOf(args, 'admin') !== undefined)
    throw fail('ERR_CONFIG', `--admin: found FILE (${file}) beside it; allowed: one of the two`)
  let source: string
  let history = NO_HISTORY
  if (file === undefined) {
    const { addresses, token } = await requireAdmin(args, io)
    const client = await io.openAdmin(addresses, token)
    const [races, known] = await Promise.all([askRaces(client, RACES_MAX), askHistory(client)])
    for (const race of races) add(race)
    history = known
    source = client.where()
  } else source = await fromLog(file, io, add)
  const made = { source, now, result: groups.result(), history }
  const isJson = switchOf(args, 'json') === true
  const color = usesColour(io.stdout, io.env)
  io.stdout.write(isJson ? `${reportJson(made)}\n` : reportText(made, color))
  return EXIT_DONE
}
