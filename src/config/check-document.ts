import { fail } from '../core/fail.ts'
import { tokenOfFile } from './admin-token.ts'
import { checkEgress } from './check/egress.ts'
import { checkListeners, listenersIn, under } from './check/listeners.ts'
import { checkAdmin, checkEyeballs, checkResolver } from './check/sections.ts'
import { isMapping } from './collections.ts'
import type { ConfigDocument } from './document.ts'
import { isOptional, parseListen } from './listen-addresses.ts'
import type { ReadUsersFile } from './listener-users.ts'
import { listenerUsers, usersFileParser } from './listener-users.ts'
import { buildListeners } from './listeners.ts'
import type { Overrides } from './overrides.ts'
import { applyOverrides, overriddenAt } from './overrides.ts'
import type { Finding, Place, PlacedProblem, Problem } from './problem.ts'
import { configFailure, formatPath, formatPlace } from './problem.ts'
import type { Loaded } from './section.ts'
import type { ADMIN } from './table/admin.ts'
import { CONFIG } from './table/config.ts'
import type { AdminConfig, Config } from './types.ts'

export type CheckOptions = {
  /** Values of flags and environment. Default: none. */
  readonly overrides?: Overrides
  /** Reads the files that the file names, of users and of a token. Default: naming one is a problem. */
  readonly readUsersFile?: ReadUsersFile
  /** Whether an empty file (no bytes, only comments, or null) means the defaults. Default true. */
  readonly mayBeEmpty?: boolean
}

/** What a configuration without a file has. */
export const NO_DOCUMENT: ConfigDocument = {
  value: undefined,
  isReadable: true,
  locate: () => ({ line: 1, column: 1 }),
  problems: [],
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

/** The most mistakes in values that are located and reported; a file of another program may have thousands. */
const FINDINGS_MAX = 200

/** Removes duplicates: a mistake in a flag appears in every listener that the flag opened. */
const withoutRepeats = (problems: readonly Problem[]): readonly Problem[] => {
  const byText = new Map(problems.map(problem => [JSON.stringify(problem), problem]))
  return [...byText.values()]
}

const buildAdmin = (
  { listen, ...rest }: Loaded<typeof ADMIN.keys>,
  ofFile: string | null,
): AdminConfig => ({
  listen: listen === 'off' ? [] : parseListen(listen),
  optionalAddresses: listen !== 'off' && isOptional(listen),
  ...rest,
  token: ofFile ?? rest.token,
})

/**
 * Checks the values of a file with those of flags and environment over them, and fills in the defaults.
 *
 * @param file the file's name, for messages
 * @throws one ERR_CONFIG with every problem, each with its position, what was found and what is allowed
 */
export const checkDocument = (
  document: ConfigDocument,
  file: string,
  options: CheckOptions = {},
): Config => {
  const { overrides = NO_OVERRIDES, readUsersFile = noUsersFile, mayBeEmpty = true } = options
  const broken = document.problems
  if (!document.isReadable) throw configFailure([...broken, ...overrides.problems])
  if (broken.length === 0 && document.value === undefined && !mayBeEmpty)
    throw configFailure([{ where: file, path: '', message: EMPTY }, ...overrides.problems])
  const written = applyOverrides(document.value, overrides) ?? {}
  const given = isMapping(written) ? written : {}
  const parseUsersFile = usersFileParser(readUsersFile)
  const logins = listenersIn(given.listeners).map(({ value, path }) => ({
    path,
    login: listenerUsers(value, parseUsersFile),
  }))
  const adminToken = tokenOfFile(given.admin, readUsersFile)
  const findings: Finding[] = []
  const loaded = CONFIG.read(written, [], finding => findings.push(finding))
  findings.push(
    ...checkListeners(given.listeners),
    ...logins.flatMap(({ path, login }) => under(path, login.findings)),
    ...checkResolver(given.resolver),
    ...checkEyeballs(given.eyeballs),
    ...checkEgress(given),
    ...checkAdmin(given.admin, given.listeners),
    ...adminToken.findings,
  )
  // On a line with a YAML error, no other problem is reported: its values are not what was written.
  const brokenLines = new Set(broken.map(({ place }) => place?.line))
  const problems = findings
    .slice(0, FINDINGS_MAX)
    .map(finding => {
      const flag = overriddenAt(finding.path, overrides)
      const place = flag === undefined ? document.locate(finding.path, finding.what) : NO_PLACE
      return { finding, flag, place }
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
  const more = findings.length - FINDINGS_MAX
  const others = more > 0 ? [{ where: file, path: '', message: `has ${more} more mistakes` }] : []
  const all = withoutRepeats([...problems, ...others, ...overrides.problems])
  if (!loaded || all.length > 0) throw configFailure(all)
  return {
    ...loaded,
    listeners: buildListeners(
      loaded.listeners,
      logins.map(({ login }) => login.logins),
    ),
    admin: buildAdmin(loaded.admin, adminToken.token),
  }
}
