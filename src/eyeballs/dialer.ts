import { createDeadlines } from '../core/deadlines.ts'
import type { Family, ReadIp, RecordType } from '../core/ip.ts'
import type { HostPort } from '../core/host-port.ts'
import { createIpReader, parseIp, unmapIp } from '../core/ip.ts'
import type { Mutable } from '../core/mutable.ts'
import type { PolicyTableName } from './order/policy-tables.ts'
import type { Query, RaceConfig, RaceTiming } from './race/types.ts'
import type { RaceParts } from './run-race.ts'
import { runRace } from './run-race.ts'
import type { BeginRace, Dial, LeaveRace } from './types.ts'

/** The family of an IP literal; IPv4 for an IPv4-mapped one, undefined for a name. */
export const literalFamily = (host: string, readIp: ReadIp = parseIp): Family | undefined => {
  const ip = readIp(host)
  return ip && unmapIp(ip).family
}

/**
 * The record types to look up for a host: AAAA, immediately followed by A (RFC 8305 section 3); for a
 * literal, only that of its own family.
 */
export const recordsOf = (host: string, readIp: ReadIp = parseIp): readonly RecordType[] => {
  const family = literalFamily(host, readIp)
  if (family === undefined) return ['AAAA', 'A']
  return family === 6 ? ['AAAA'] : ['A']
}

/**
 * The most addresses of one name that a race attempts. A name with more addresses than a race of 30 s can
 * try is a mistake or an attack, and each attempt takes a file descriptor.
 */
export const ATTEMPTS_PER_NAME_MAX = 16

/**
 * The options of a dialer, the same for all its races. The defaults are documented at `RaceTiming` and
 * `RaceConfig`.
 */
export type DialerOptions = {
  readonly timing: RaceTiming
  /** auto: by the host's default routes, in the order of RFC 6724. 4 or 6: that family first. */
  readonly preferredFamily: 'auto' | Family
  readonly policyTable: PolicyTableName
  readonly firstAddressFamilyCount: number
  readonly maxConcurrentAttempts: number
  /**
   * The bounds, in milliseconds, of the attempt delay that follows an address's round-trip time (RFC 8305
   * section 8: 100 and 2000 by default), if races learn from earlier ones; null if they do not.
   */
  readonly adaptive: null | { readonly minimumDelayMs: number; readonly maximumDelayMs: number }
  /** tls: the target's answer to a ClientHello confirms a race, if `canConfirm` is true. */
  readonly confirm: 'none' | 'tls'
}

/** The parts of a configuration that differ between races of one dialer. */
export type RaceFacts = {
  readonly preferredFamily: Family
  /** This host's unique local addresses, for the `updated` table; default: none. */
  readonly knownLocal?: readonly string[]
  /** Whether the client can get its reply after a first connection; without this, no race is confirmed. */
  readonly canConfirm?: boolean
}

/**
 * Builds the configuration of one race. Several targets are raced together; if all of them are addresses
 * given by hand, their order is kept as the user's choice.
 */
export const createRaceConfig = (
  targets: readonly HostPort[],
  { preferredFamily, knownLocal = [], canConfirm = false }: RaceFacts,
  options: DialerOptions,
  readIp: ReadIp = parseIp,
): RaceConfig => {
  const queries: Query[] = []
  for (const { host, port } of targets) {
    for (const record of recordsOf(host, readIp)) queries.push({ host, port, record })
  }
  const given = targets.length > 1 && targets.every(({ host }) => readIp(host))
  const sorted = options.preferredFamily === 'auto' ? 'sorted' : 'preferred'
  const config: Mutable<RaceConfig> = {
    queries,
    preferredFamily,
    order: given ? 'given' : sorted,
    policyTable: options.policyTable,
    firstAddressFamilyCount: options.firstAddressFamilyCount,
    maxConcurrentAttempts: options.maxConcurrentAttempts,
    maxAttemptsPerName: ATTEMPTS_PER_NAME_MAX,
    timing: options.timing,
  }
  if (options.policyTable === 'updated' && knownLocal.length > 0) config.knownLocal = knownLocal
  if (options.confirm === 'tls' && canConfirm) config.confirm = 'tls'
  return config
}

/**
 * Creates a function that runs one race per call with the given parts.
 *
 * @param parts `history` is not used if the options are not adaptive
 */
export const racesOver = <S>(
  { history, ...world }: Omit<RaceParts<S>, 'deadlines'>,
  options: DialerOptions,
): BeginRace<S> => {
  const { network, clock, count } = world
  const { connectTimeoutMs } = options.timing
  const parts: RaceParts<S> = {
    ...world,
    ...(options.adaptive && history && { history }),
    ...(connectTimeoutMs !== null && { deadlines: createDeadlines(clock, connectTimeoutMs) }),
  }
  return (request, settle, broken) => {
    const run = (preferredFamily: Family, asked = request): LeaveRace => {
      try {
        const knownLocal = network.knownLocal()
        const canConfirm = request.confirm !== undefined
        const facts = { preferredFamily, knownLocal, canConfirm }
        const readIp = createIpReader()
        const config = createRaceConfig(request.targets, facts, options, readIp)
        return runRace(parts, config, asked, settle, broken, readIp)
      } catch (error) {
        broken(error)
        return () => {}
      }
    }
    if (options.preferredFamily !== 'auto') return run(options.preferredFamily)
    const connectivity = network.connectivity()
    if (!(connectivity instanceof Promise)) return run(connectivity.preferredFamily)
    let left = false
    let leave = (): void => {
      left = true
    }
    count?.begun()
    connectivity
      .then(({ preferredFamily }) => {
        const asked = left ? { ...request, signal: AbortSignal.abort() } : request
        return (leave = run(preferredFamily, asked))
      })
      .catch(broken)
      .finally(() => count?.over())
    return () => leave()
  }
}

/** Races as promises. A promise rejects only for a bug in the engine, or if `onTrace` threw. */
export const dialBy =
  <S>(begin: BeginRace<S>): Dial<S> =>
  request =>
    new Promise((resolve, reject) => void begin(request, resolve, reject))

/** A dialer from its parts: `racesOver` and `dialBy`. */
export const dialerOver = <S>(
  parts: Omit<RaceParts<S>, 'deadlines'>,
  options: DialerOptions,
): Dial<S> => dialBy(racesOver(parts, options))
