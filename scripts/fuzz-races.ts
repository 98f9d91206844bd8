/*
 * Runs the race machine on random worlds until so many events have happened, and holds every race
 * against what each must keep to. It ends with status 1 on the first violation, which it prints as a
 * trace: saved to a file, `eyeballd race --replay FILE` shows it. Then it sends random connections through
 * a daemon, by each engine of the pipe, and holds every byte and every end against a model.
 *
 *     npm run fuzz                                 a million events and 10,000 connections by each
 *                                                  engine, another seed each time
 *     npm run fuzz -- --events 5000000 --seed 7
 *     npm run fuzz -- --seed 7 --path 12:3:0       one counterexample again, and nothing else
 *     npm run fuzz -- --events 0 --connections 50000
 *     npm run fuzz -- --events 0 --seed 7 --first 123 --connections 1 --engine splice
 */
import { parseArgs } from 'node:util'
import { fuzzRaces } from '../test/fixtures/fuzz-races.ts'
import { fuzzPipe } from '../test/fixtures/pipe-model-fuzz.ts'

const EVENTS_DEFAULT = 1_000_000
const CONNECTIONS_DEFAULT = 10_000
const AT_ONCE = 100
const ENGINES = ['stream', 'splice', 'auto'] as const

const { values } = parseArgs({
  options: {
    events: { type: 'string' },
    seed: { type: 'string' },
    path: { type: 'string' },
    connections: { type: 'string' },
    first: { type: 'string' },
    engine: { type: 'string' },
  },
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

if (path === undefined) {
  const all = whole(values.connections, CONNECTIONS_DEFAULT, 'connections')
  const first = whole(values.first, 0, 'first')
  if (values.engine !== undefined && !ENGINES.some(engine => engine === values.engine)) {
    throw new Error(`--engine is "${values.engine}": ${ENGINES.join(' or ')} is allowed`)
  }
  for (const engine of ENGINES) {
    if (all === 0 || (values.engine ?? engine) !== engine) continue
    const { text, isGood } = await fuzzPipe({ seed, first, count: all, atOnce: AT_ONCE, engine })
    console.log(text)
    if (!isGood) process.exitCode = 1
  }
}
