import { fuzzRaces } from '../../test/fixtures/fuzz-races.ts'
import type { Options } from './options.ts'

const EVENTS = 1_000_000

/**
 * Runs the race machine on random worlds until so many events have happened. A violation is printed as a trace:
 * saved to a file, `eyeballd race --replay FILE` shows it.
 *
 * @returns whether every race keeps to the invariants
 */
export const fuzzRaceMachine = ({ seed, cases = EVENTS, path }: Options): boolean => {
  const startedAt = Date.now()
  const fuzzing = fuzzRaces({ seed, events: cases, ...(path !== undefined && { path }) })
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
  const count = `races: ${fuzzing.events} events in ${fuzzing.races} races, ${seconds} s`
  const { counterexample } = fuzzing
  if (!counterexample) {
    console.log(`${count}: no invariant violated`)
    return true
  }
  console.log(`${count}: ${counterexample.message}`)
  console.log(
    `again: npm run fuzz -- races --seed ${counterexample.seed} --path ${counterexample.path}`,
  )
  console.log(JSON.stringify(counterexample.trace))
  return false
}
