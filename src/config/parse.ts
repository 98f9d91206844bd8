import { fail } from '../core/fail.ts'
import { aloneAsLists } from './alone-as-lists.ts'
import { buildConfig } from './build/config.ts'
import { checkAdmin } from './check/admin.ts'
import { under } from './check/listener.ts'
import { checkListeners } from './check/listeners.ts'
import { checkEyeballs, checkResolver } from './check/sections.ts'
import { isMapping } from './check/sound-part.ts'
import type { Place, PlacedProblem } from './document.ts'
import { formatPlace, readDocument } from './document.ts'
import type { ReadUsersFile } from './listener-users.ts'
import { listenerUsers } from './listener-users.ts'
import type { Overrides } from './overrides.ts'
import { applyOverrides, overriddenAt } from './overrides.ts'
import type { Finding, Problem } from './problem.ts'
import { configFailure, formatPath } from './problem.ts'
import { schemaFindings } from './schema-problems.ts'
import { configSchema } from './schema.ts'
import type { Config } from './types.ts'

export type ParseOptions = {
  /** Values of flags and environment. Default: none. */
  readonly overrides?: Overrides
  /** Reads the users files that the text names. Default: naming a users file is a problem. */
  readonly readUsersFile?: ReadUsersFile
  /** Whether an empty text (no bytes, only comments, or null) means the defaults. Default true. */
  readonly mayBeEmpty?: boolean
}

const NO_OVERRIDES: Overrides = { entries: [], problems: [] }

/** Flags and variables sort before every line of the file. */
const NO_PLACE = { line: 0, column: 0 }

const noUsersFile: ReadUsersFile = path => {
  throw fail('ERR_CONFIG', `${path} cannot be read here`)
}

const comparePlaces = (a: Place, b: Place): number => a.line - b.line || a.column - b.column

/** On a reload, an empty file was most likely truncated, or is still being written. */
const EMPTY =
  'is empty: found white space, comments or null; allowed on a reload: at least one key ({} means the defaults)'

/** Removes duplicates: a mistake in a flag appears in every listener that the flag opened. */
const withoutRepeats = (problems: readonly Problem[]): readonly Problem[] => {
  const texts = problems.map(problem => JSON.stringify(problem))
  return problems.filter((_, i) => texts.indexOf(texts[i] ?? '') === i)
}

/**
 * Reads a configuration in YAML, which includes JSON.
 *
 * @param file the text's name, for messages
 * @throws one ERR_CONFIG with every problem, each with its position, what was found and what is allowed
 */
export const parseConfig = (text: string, file: string, options: ParseOptions = {}): Config => {
  const { overrides = NO_OVERRIDES, readUsersFile = noUsersFile, mayBeEmpty = true } = options
  const document = readDocument(text, file)
  const broken = document.problems
  if (!document.isReadable) throw configFailure([...broken, ...overrides.problems])
  if (broken.length === 0 && document.value === undefined && !mayBeEmpty)
    throw configFailure([{ where: file, path: '', message: EMPTY }, ...overrides.problems])
  const { value, asWritten } = aloneAsLists(
    configSchema,
    applyOverrides(document.value, overrides) ?? {},
  )
  const given = isMapping(value) ? value : {}
  const listeners: readonly unknown[] = Array.isArray(given.listeners) ? given.listeners : []
  const logins = listeners.map(listener => listenerUsers(listener, readUsersFile))
  const parsed = configSchema.safeParse(value)
  const findings: readonly Finding[] = [
    ...(parsed.success ? [] : schemaFindings(configSchema, parsed.error)),
    ...checkListeners(given.listeners),
    ...logins.flatMap((login, i) => under(['listeners', i], login.findings)),
    ...checkResolver(given.resolver),
    ...checkEyeballs(given.eyeballs),
    ...checkAdmin(given.admin, given.listeners),
  ]
  // On a line with a YAML error, no other problem is reported: its values are not what was written.
  const brokenLines = new Set(broken.map(({ place }) => place?.line))
  const problems = findings
    .map(finding => {
      const flag = overriddenAt(finding.path, overrides)
      const path = asWritten(finding.path)
      const place = flag === undefined ? document.locate(path, finding.what) : NO_PLACE
      return { finding: { ...finding, path }, flag, place }
    })
    .filter(({ place }) => !brokenLines.has(place.line))
    .map(({ finding: { path, message, where }, flag, place }): PlacedProblem => {
      const outside = flag ?? where
      if (outside !== undefined) return { where: outside, path: '', message, place }
      return { where: formatPlace(file, place), path: formatPath(path), message, place }
    })
    .concat(broken)
    .toSorted((a, b) => comparePlaces(a.place ?? NO_PLACE, b.place ?? NO_PLACE))
    .map(({ where, path, message }) => ({ where, path, message }))
  const all = withoutRepeats([...problems, ...overrides.problems])
  if (!parsed.success || all.length > 0) throw configFailure(all)
  return buildConfig(
    parsed.data,
    logins.map(({ users }) => users),
  )
}
