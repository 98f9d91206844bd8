import { createDeadlines } from '../core/deadlines.ts'
import type { Family } from '../core/ip.ts'
import type { DialerOptions } from './race-config.ts'
import { createRaceConfig } from './race-config.ts'
import type { RaceParts } from './run-race.ts'
import { runRace } from './run-race.ts'
import type { BeginRace, Dial, LeaveRace } from './types.ts'

/**
 * Creates a function that runs one race per call with the given parts.
 *
 * @param parts `history` is not used if the options are not adaptive
 */
export const racesOver = <S>(
  { history, ...world }: Omit<RaceParts<S>, 'deadlines'>,
  options: DialerOptions,
): BeginRace<S> => {
  const { network, clock } = world
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
        const config = createRaceConfig(request.targets, facts, options)
        return runRace(parts, config, asked, settle, broken)
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
    connectivity
      .then(({ preferredFamily }) => {
        const asked = left ? { ...request, signal: AbortSignal.abort() } : request
        return (leave = run(preferredFamily, asked))
      })
      .catch(broken)
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
