import type { Socket } from 'node:net'
import { dialerOver } from '../eyeballs/dialer.ts'
import type { History } from '../eyeballs/history.ts'
import { createHistory } from '../eyeballs/history.ts'
import type { DialerOptions } from '../eyeballs/race-config.ts'
import { createResolver } from '../resolver/create-resolver.ts'
import type { Resolver } from '../resolver/types.ts'
import type { CheckedOptions } from './check-options.ts'
import { hostParts } from './host-parts.ts'
import { DELAY_BOUNDS, MAX_CONCURRENT_ATTEMPTS, RESOLUTION_DELAY_MS } from './race-defaults.ts'
import { raceOnce } from './race-once.ts'

type Shared = { readonly resolver: Resolver; readonly history: History }

let shared: Shared | undefined

/**
 * The cache of lookups and what races have learnt, one of each for the process. They hold nothing open
 * while nothing is asked.
 */
const processShared = (): Shared => {
  if (shared) return shared
  const { clock, network } = hostParts()
  shared = {
    resolver: createResolver({}, { clock, families: network.connectivity }),
    history: createHistory({ clock, epoch: network.epoch, ...DELAY_BOUNDS }),
  }
  return shared
}

/** What was learnt of addresses orders them, and does not change the delay, where the caller chose it. */
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

/** Looks a host up and races what is found, as the daemon does for one connection. */
export const raceName = (
  target: { readonly host: string; readonly port: number },
  options: CheckedOptions,
): Promise<Socket> => {
  const { signal, onTrace } = options
  const { clock } = hostParts()
  const { resolver, history } = processShared()
  const memory = options.isDelayGiven ? withoutDelays(history) : history
  const { lookup } = resolver
  return raceOnce(options, target, network =>
    dialerOver(
      { lookup, network, clock, history: memory },
      dialerOptions(options),
    )({
      targets: [target],
      ...(signal && { signal }),
      ...(onTrace && { onTrace }),
    }),
  )
}
