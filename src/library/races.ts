import type { Socket } from 'node:net'
import { fail } from '../core/fail.ts'
import type { SharedParts } from '../dial/create-dialer.ts'
import { createSharedParts } from '../dial/create-dialer.ts'
import type { DialerOptions } from '../eyeballs/dialer.ts'
import { dialerOver } from '../eyeballs/dialer.ts'
import type { History } from '../eyeballs/history/create-history.ts'
import type { RaceConfig } from '../eyeballs/race/types.ts'
import { runRace } from '../eyeballs/run-race.ts'
import type { DialResult } from '../eyeballs/types.ts'
import type { Endpoint } from '../net/network.ts'
import type { ResolverOptions } from '../resolver/resolver-options.ts'
import { hostParts, raceOnce } from './race-once.ts'
import type { CheckedOptions } from './race-options.ts'
import { DELAY_BOUNDS, MAX_CONCURRENT_ATTEMPTS, RESOLUTION_DELAY_MS } from './race-options.ts'

/** @returns never: given addresses need no lookup */
const noLookup = (): never => {
  throw fail('ERR_BUG', 'a race over given addresses asked for a lookup')
}

/** Races given addresses in their order, interleaved, not sorted. */
export const raceAddresses = (
  addresses: readonly Endpoint[],
  options: CheckedOptions,
  target: { readonly host: string | null; readonly port: number | null },
): Promise<Socket> => {
  const { delayMs, interleave, timeoutMs, attemptTimeoutMs, onTrace } = options
  const config: RaceConfig = {
    queries: [],
    addresses,
    preferredFamily: 6,
    order: 'given',
    policyTable: 'updated',
    firstAddressFamilyCount: interleave,
    maxConcurrentAttempts: MAX_CONCURRENT_ATTEMPTS,
    timing: {
      resolutionDelayMs: RESOLUTION_DELAY_MS,
      connectionAttemptDelayMs: delayMs,
      attemptTimeoutMs,
      connectTimeoutMs: timeoutMs,
    },
  }
  return raceOnce(
    options,
    target,
    (network, signal) =>
      new Promise<DialResult<Socket>>((resolve, reject) => {
        const { clock } = hostParts()
        const request = { signal, ...(onTrace && { onTrace }) }
        runRace({ lookup: noLookup, network, clock }, config, request, resolve, reject)
      }),
  )
}

/** The history without attempt delays, for a caller that chose the delay: it only affects the order. */
const withoutDelays = (history: Pick<History, 'begin'>): Pick<History, 'begin'> => ({
  begin: () => {
    const { annotate, learn } = history.begin()
    return {
      annotate: candidates =>
        annotate(candidates).map(candidate => {
          const { attemptDelayMs, ...rest } = candidate
          return attemptDelayMs === undefined ? candidate : rest
        }),
      learn,
    }
  },
})

const dialerOptions = ({
  delayMs,
  interleave,
  timeoutMs,
  attemptTimeoutMs,
}: CheckedOptions): DialerOptions => ({
  timing: {
    resolutionDelayMs: RESOLUTION_DELAY_MS,
    connectionAttemptDelayMs: delayMs,
    attemptTimeoutMs,
    connectTimeoutMs: timeoutMs,
  },
  preferredFamily: 'auto',
  policyTable: 'updated',
  firstAddressFamilyCount: interleave,
  maxConcurrentAttempts: MAX_CONCURRENT_ATTEMPTS,
  adaptive: DELAY_BOUNDS,
  confirm: 'none',
})

/** Looks up a host and races its addresses, as the daemon does for one connection. */
type RaceName = (
  target: { readonly host: string; readonly port: number },
  options: CheckedOptions,
) => Promise<Socket>

/**
 * Creates races by name that share a DNS cache and a history. Both are created at the first call, and keep
 * nothing open while no lookup is running.
 */
export const createRaceName = (resolverOptions: ResolverOptions): RaceName => {
  let shared: SharedParts | undefined
  return (target, options) => {
    const { onTrace, isDelayGiven } = options
    const host = hostParts()
    const { clock } = host
    shared ??= createSharedParts(resolverOptions, DELAY_BOUNDS, host)
    const { lookup } = shared.resolver
    const history = isDelayGiven ? withoutDelays(shared.history) : shared.history
    return raceOnce(options, target, (network, signal) =>
      dialerOver(
        { lookup, network, clock, history },
        dialerOptions(options),
      )({
        targets: [target],
        signal,
        ...(onTrace && { onTrace }),
      }),
    )
  }
}

/** The races of this process, with the system's name servers. */
export const raceName = createRaceName({})
