import type { DialerOptions } from './race-config.ts'
import { createRaceConfig } from './race-config.ts'
import type { RaceParts } from './run-race.ts'
import { runRace } from './run-race.ts'
import type { Dial } from './types.ts'

/**
 * A dialer over its parts: one call, one race. It rejects only where the engine itself has a fault, or
 * where `onTrace` threw.
 *
 * @param parts `history` is left alone where the options are not adaptive
 */
export const dialerOver = <S>(
  { history, ...world }: RaceParts<S>,
  options: DialerOptions,
): Dial<S> => {
  const parts = options.adaptive && history ? { ...world, history } : world
  return async request => {
    const { network } = world
    const preferredFamily =
      options.preferredFamily === 'auto'
        ? (await network.connectivity()).preferredFamily
        : options.preferredFamily
    const knownLocal = network.knownLocal()
    const canConfirm = request.confirm !== undefined
    const facts = { preferredFamily, knownLocal, canConfirm }
    const config = createRaceConfig(request.targets, facts, options)
    return new Promise((resolve, reject) => runRace(parts, config, request, resolve, reject))
  }
}
