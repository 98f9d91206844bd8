import type { Socket } from 'node:net'
import type { SharedParts } from '../dial/create-shared-parts.ts'
import { createSharedParts } from '../dial/create-shared-parts.ts'
import type { DialerOptions } from '../eyeballs/dialer.ts'
import { dialerOver } from '../eyeballs/dialer.ts'
import type { History } from '../eyeballs/history/create-history.ts'
import type { ResolverOptions } from '../resolver/resolver-options.ts'
import type { CheckedOptions } from './check-options.ts'
import { hostParts } from './host-parts.ts'
import { DELAY_BOUNDS, MAX_CONCURRENT_ATTEMPTS, RESOLUTION_DELAY_MS } from './race-defaults.ts'
import { raceOnce } from './race-once.ts'

/** The history without attempt delays, for a caller that chose the delay: it only affects the order. */
const withoutDelays = (history: History): History => ({
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
export type RaceName = (
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
