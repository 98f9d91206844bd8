import type { Socket } from 'node:net'
import { dialerOver } from '../eyeballs/dialer.ts'
import type { DialerOptions } from '../eyeballs/race-config.ts'
import { createResolver } from '../resolver/create-resolver.ts'
import type { Resolver } from '../resolver/types.ts'
import type { CheckedOptions } from './check-options.ts'
import { hostParts } from './host-parts.ts'
import {
  MAX_CONCURRENT_ATTEMPTS,
  MAXIMUM_DELAY_MS,
  MINIMUM_DELAY_MS,
  RESOLUTION_DELAY_MS,
} from './race-defaults.ts'
import { raceOnce } from './race-once.ts'

let resolver: Resolver | undefined

/** One for the process, so that its calls share the cache. It holds nothing open while nothing is asked. */
const processResolver = (): Resolver => {
  const { clock, network } = hostParts()
  resolver ??= createResolver({}, { clock, families: network.connectivity })
  return resolver
}

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
  adaptive: { minimumDelayMs: MINIMUM_DELAY_MS, maximumDelayMs: MAXIMUM_DELAY_MS },
  confirm: 'none',
})

/** Looks a host up and races what is found, as the daemon does for one connection. */
export const raceName = (
  target: { readonly host: string; readonly port: number },
  options: CheckedOptions,
): Promise<Socket> => {
  const { signal, onTrace } = options
  const { lookup } = processResolver()
  const { clock } = hostParts()
  return raceOnce(options, target, network =>
    dialerOver(
      { lookup, network, clock },
      dialerOptions(options),
    )({
      targets: [target],
      ...(signal && { signal }),
      ...(onTrace && { onTrace }),
    }),
  )
}
