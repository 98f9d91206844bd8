import type { Family } from '../core/ip.ts'
import type { HostPort } from '../core/host-port.ts'
import type { Mutable } from '../core/mutable.ts'
import type { PolicyTableName } from './order/policy-tables.ts'
import type { Query, RaceConfig, RaceTiming } from './race/types.ts'
import { literalFamily, recordsOf } from './records-of.ts'

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
): RaceConfig => {
  const queries = targets.flatMap(({ host, port }) =>
    recordsOf(host).map((record): Query => ({ host, port, record })),
  )
  const given = targets.length > 1 && targets.every(({ host }) => literalFamily(host) !== undefined)
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
