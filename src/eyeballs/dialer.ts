import type { DialerOptions } from './race-config.ts'
import { createRaceConfig } from './race-config.ts'
import type { RaceParts } from './run-race.ts'
import { runRace } from './run-race.ts'
import type { Dial } from './types.ts'

/** A dialer over its parts: one call, one race. It rejects only where the engine itself has a fault. */
export const dialerOver =
  <S>(parts: RaceParts<S>, options: DialerOptions): Dial<S> =>
  async request => {
    const preferredFamily =
      options.preferredFamily === 'auto'
        ? (await parts.network.connectivity()).preferredFamily
        : options.preferredFamily
    const config = createRaceConfig(request.targets, preferredFamily, options)
    return new Promise((resolve, reject) => runRace(parts, config, request, resolve, reject))
  }
