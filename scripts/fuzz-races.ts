/*
 * Runs the race machine on random worlds until so many events have happened, and holds every race
 * against what each must keep to. It ends with status 1 on the first violation, which it prints as a
 * trace: saved to a file, `eyeballd race --replay FILE` shows it.
 *
 *     npm run fuzz                                 a million events, another seed each time
 *     npm run fuzz -- --events 5000000 --seed 7
 *     npm run fuzz -- --seed 7 --path 12:3:0       one counterexample again
 */
import { parseArgs } from 'node:util'
import { fuzzRaces } from '../test/fixtures/fuzz-races.ts'

const EVENTS_DEFAULT = 1_000_000

const { values } = parseArgs({
  options: { events: { type: 'string' }, seed: { type: 'string' }, path: { type: 'string' } },
})

const whole = (text: string | undefined, fallback: number, option: string): number => {
  const value = text === undefined ? fallback : Number(text)
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new Error(`--${option} is "${text}": a whole number is allowed`)
}

const seed = whole(values.seed, Date.now() % 2 ** 31, 'seed')
const events = whole(values.events, EVENTS_DEFAULT, 'events')
console.log(`seed ${seed}`)

const startedAt = Date.now()
const { path } = values
const fuzzing = fuzzRaces({ seed, events, ...(path !== undefined && { path }) })
const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
const count = `${fuzzing.events} events in ${fuzzing.races} races, ${seconds} s`
const { counterexample } = fuzzing
if (counterexample) {
  console.log(`${count}: ${counterexample.message}`)
  console.log(`again: npm run fuzz -- --seed ${counterexample.seed} --path ${counterexample.path}`)
  console.log(JSON.stringify(counterexample.trace))
  process.exitCode = 1
} else {
  console.log(`${count}: no invariant violated`)
}
