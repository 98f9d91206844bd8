import type { Socket } from 'node:net'
import { fail } from '../core/fail.ts'
import type { RaceConfig } from '../eyeballs/race/types.ts'
import { runRace } from '../eyeballs/run-race.ts'
import type { DialResult } from '../eyeballs/types.ts'
import type { Endpoint } from '../net/types.ts'
import type { CheckedOptions } from './check-options.ts'
import { hostParts } from './host-parts.ts'
import { MAX_CONCURRENT_ATTEMPTS, RESOLUTION_DELAY_MS } from './race-defaults.ts'
import { raceOnce } from './race-once.ts'

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
