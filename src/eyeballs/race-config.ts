import type { Family } from '../core/family.ts'
import type { HostPort } from '../core/host-port.ts'
import type { Mutable } from '../core/mutable.ts'
import type { PolicyTableName } from './order/policy-tables.ts'
import type { Query, RaceConfig, RaceTiming } from './race/types.ts'
import { literalFamily, recordsOf } from './records-of.ts'

/**
 * How many addresses of one name a race attempts at most. A name that has more of them than a race of
 * 30 s can try is a mistake or an attack, and each attempt has a file descriptor.
 */
export const ATTEMPTS_PER_NAME_MAX = 16

/** How a dialer races; the same for all its races. The defaults stand at `RaceTiming` and `RaceConfig`. */
export type DialerOptions = {
  readonly timing: RaceTiming
  /** auto: by the host's default routes, and the order is RFC 6724's. 4 or 6: that family first. */
  readonly preferredFamily: 'auto' | Family
  readonly policyTable: PolicyTableName
  readonly firstAddressFamilyCount: number
  readonly maxConcurrentAttempts: number
  /**
   * Whether races learn from earlier ones, and the bounds in milliseconds of the attempt delay that
   * follows an address's round-trip time (RFC 8305 section 8: 100 and 2000 by default). null: each race
   * is as the first.
   */
  readonly adaptive: null | { readonly minimumDelayMs: number; readonly maximumDelayMs: number }
  /** tls: a race whose request can be told of a first connection is confirmed by the target's answer to a ClientHello. */
  readonly confirm: 'none' | 'tls'
}

/** What of a race is not the same for all races of a dialer. */
export type RaceFacts = {
  readonly preferredFamily: Family
  /** This host's unique local addresses, for the `updated` table; none by default. */
  readonly knownLocal?: readonly string[]
  /** Whether the one who asks can be told of a first connection; without it no race is confirmed. */
  readonly canConfirm?: boolean
}

/**
 * What one race is about. Several targets are raced as one; where all of them are addresses given by
 * hand, their order is the user's wish and is kept.
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
