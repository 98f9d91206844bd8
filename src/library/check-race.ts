import { POLICY_TABLES } from '../eyeballs/order/policy-tables.ts'
import type { Candidate, Query, RaceConfig, RaceEvent, RaceTiming } from '../eyeballs/race/types.ts'
import { canonicalText, checkPort, readAddrInfo } from './addr-info.ts'
import {
  checkLimit,
  checkObject,
  checkOneOf,
  checkWhole,
  invalidArgument,
} from './check-argument.ts'

type Fields<T> = { readonly [Key in keyof T]?: unknown }

/** The lowest limit of attempts per name, so that each family gets at least one (see `RaceConfig`). */
const ATTEMPTS_PER_NAME_MIN = 2

const ATTEMPT_LIMITS: readonly (readonly [keyof RaceConfig, number])[] = [
  ['firstAddressFamilyCount', 0],
  ['maxConcurrentAttempts', 1],
  ['maxAttemptsPerName', ATTEMPTS_PER_NAME_MIN],
]

const WORDS: readonly (readonly [
  keyof RaceConfig,
  readonly [string, ...string[]] | readonly [number, ...number[]],
])[] = [
  ['preferredFamily', [6, 4]],
  ['order', ['sorted', 'preferred', 'given']],
  ['policyTable', POLICY_TABLES],
  ['confirm', ['none', 'tls']],
]

/** Fields that a complete configuration may omit, because their absence has a meaning. */
const OPTIONAL: ReadonlySet<string> = new Set<keyof RaceConfig>([
  'addresses',
  'confirm',
  'knownLocal',
  'maxAttemptsPerName',
])

/** Whether a field is present; undefined counts as absent. */
const isGiven = (found: unknown): boolean => found !== undefined

const checkList = (found: unknown, where: string, allowed: string): readonly unknown[] => {
  if (Array.isArray(found)) return found as readonly unknown[]
  throw invalidArgument(where, found, allowed)
}

const checkQuery = (found: unknown, where: string): void => {
  const allowed = 'an object { host, port, record }'
  const { host, port, record }: Fields<Query> = checkObject(found, where, allowed)
  if (typeof host !== 'string' || host === '') {
    throw invalidArgument(`${where}.host`, host, 'a name', 'string')
  }
  checkPort(port, `${where}.port`, 1)
  checkOneOf(record, `${where}.record`, ['A', 'AAAA'])
}

/**
 * Checks one address of a race.
 *
 * @throws ERR_INVALID_ARG
 */
export const checkCandidate = (found: unknown, where: string): void => {
  readAddrInfo(found, where)
  const { source, embedded, rttMs, attemptDelayMs }: Fields<Candidate> = found as Candidate
  if (isGiven(source) && source !== null) checkAddress(source, `${where}.source`)
  if (isGiven(embedded)) checkAddress(embedded, `${where}.embedded`)
  for (const [name, value] of Object.entries({ rttMs, attemptDelayMs })) {
    if (isGiven(value)) checkMs(value, `${where}.${name}`)
  }
}

const checkAddress = (found: unknown, where: string): void => {
  try {
    canonicalText(found, undefined, where)
  } catch {
    throw invalidArgument(where, found, 'an IP address', 'string')
  }
}

const checkMs = (found: unknown, where: string): void => {
  const allowed = 'a number of milliseconds, 0 or more,'
  if (found === null || checkLimit(found, where) === null) {
    throw invalidArgument(where, found, allowed)
  }
}

const TIMES = ['connectionAttemptDelayMs', 'attemptTimeoutMs', 'connectTimeoutMs'] as const

const checkTiming = (found: unknown, isWanted: (field: unknown) => boolean): void => {
  const timing: Fields<RaceTiming> = checkObject(found, 'config.timing')
  const { resolutionDelayMs } = timing
  if (isWanted(resolutionDelayMs)) checkMs(resolutionDelayMs, 'config.timing.resolutionDelayMs')
  for (const name of TIMES) {
    if (isWanted(timing[name])) checkLimit(timing[name], `config.timing.${name}`)
  }
}

/**
 * Checks the configuration of a race.
 *
 * @param isComplete whether missing fields are errors too; otherwise only present fields are checked
 * @throws ERR_INVALID_ARG with what was found, where, and what is allowed
 */
export const checkRaceConfig = (found: unknown, isComplete: boolean): void => {
  const allowed = 'an object with queries, addresses or both'
  const config: Fields<RaceConfig> = checkObject(found, 'config', allowed)
  const { queries = [], addresses = [], knownLocal = [], timing } = config
  const asked = checkList(queries, 'config.queries', 'a list of queries')
  const given = checkList(addresses, 'config.addresses', 'a list of addresses')
  for (const [i, query] of asked.entries()) checkQuery(query, `config.queries[${i}]`)
  for (const [i, address] of given.entries()) checkCandidate(address, `config.addresses[${i}]`)
  if (asked.length + given.length === 0) throw invalidArgument('config', found, allowed, 'object')

  const isWanted = (name: keyof RaceConfig): boolean =>
    isGiven(config[name]) || (isComplete && !OPTIONAL.has(name))
  for (const [name, words] of WORDS) {
    if (isWanted(name)) checkOneOf<string | number>(config[name], `config.${name}`, words)
  }
  for (const [name, least] of ATTEMPT_LIMITS) {
    if (isWanted(name)) checkWhole(config[name], `config.${name}`, least)
  }
  const locals = checkList(knownLocal, 'config.knownLocal', 'a list of addresses')
  for (const [i, address] of locals.entries()) checkAddress(address, `config.knownLocal[${i}]`)
  if (isWanted('timing')) checkTiming(timing, field => isComplete || isGiven(field))
}

/** The fields of each event besides its type. */
const FIELDS: Readonly<
  Record<RaceEvent['type'], Readonly<Record<string, 'id' | 'string' | 'boolean' | 'candidates'>>>
> = {
  wake: {},
  resolved: { id: 'id', candidates: 'candidates', source: 'string' },
  'resolve-failed': { id: 'id', code: 'string', source: 'string' },
  connected: { id: 'id', local: 'string' },
  'connect-failed': { id: 'id', code: 'string', message: 'string', sent: 'boolean' },
  aborted: {},
  deferred: { id: 'id' },
  scarce: {},
  hello: {},
  'not-hello': {},
  confirmed: { id: 'id' },
}

const TYPES = Object.keys(FIELDS) as [RaceEvent['type'], ...RaceEvent['type'][]]

/**
 * Checks the fields of an event, not whether the event is possible in the machine's state.
 *
 * @throws ERR_INVALID_ARG with what was found, where, and what is allowed
 */
export const checkRaceEvent = (found: unknown, where: string): void => {
  const event: Readonly<Record<string, unknown>> = {
    ...checkObject(found, where, 'an event, or a list of events,'),
  }
  const type = checkOneOf(event.type, `${where}.type`, TYPES)
  for (const [name, kind] of Object.entries(FIELDS[type])) {
    const field = event[name]
    const at = `${where}.${name}`
    if (kind === 'id') checkWhole(field, at, 0)
    else if (kind === 'candidates') {
      if (!Array.isArray(field)) throw invalidArgument(at, field, 'a list of candidates')
      for (const [i, candidate] of field.entries()) checkCandidate(candidate, `${at}[${i}]`)
    } else if (typeof field !== kind) throw invalidArgument(at, field, `a ${kind}`)
  }
}
