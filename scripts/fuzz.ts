/*
 * Runs the race machine on random worlds until so many events have happened, and holds every race
 * against what each must keep to. It ends with status 1 on the first violation, which it prints as a
 * trace: saved to a file, `eyeballd race --replay FILE` shows it. Then it sends random connections through
 * a daemon, by each engine of the pipe, and holds every byte and every end against a model. At last the
 * DNS codec reads random and mutated messages, and its heap is measured before and after.
 *
 *     npm run fuzz                                 a million events, 10,000 connections by each engine and
 *                                                  a million DNS messages, another seed each time
 *     npm run fuzz -- --events 5000000 --seed 7
 *     npm run fuzz -- --seed 7 --path 12:3:0       one counterexample again, and nothing else
 *     npm run fuzz -- --events 0 --connections 50000
 *     npm run fuzz -- --events 0 --seed 7 --first 123 --connections 1 --engine splice
 *     npm run fuzz -- --events 0 --connections 0 --minutes 60     DNS messages for an hour
 */
import { parseArgs } from 'node:util'
import { heldBytes } from '../test/fixtures/collect-garbage.ts'
import { fuzzDns } from '../test/fixtures/dns-fuzz.ts'
import { fuzzRaces } from '../test/fixtures/fuzz-races.ts'
import { fuzzPipe } from '../test/fixtures/pipe-model-fuzz.ts'

const EVENTS_DEFAULT = 1_000_000
const CONNECTIONS_DEFAULT = 10_000
const MESSAGES_DEFAULT = 1_000_000
const AT_ONCE = 100

/** What the heap may hold more after the messages than before them: code that was compiled meanwhile. */
const GROWTH_MAX_BYTES = 1024 * 1024
const ENGINES = ['stream', 'splice', 'auto'] as const

const { values } = parseArgs({
  options: {
    events: { type: 'string' },
    seed: { type: 'string' },
    path: { type: 'string' },
    connections: { type: 'string' },
    first: { type: 'string' },
    engine: { type: 'string' },
    messages: { type: 'string' },
    minutes: { type: 'string' },
  },
})

const whole = (text: string | undefined, fallback: number, option: string): number => {
  const value = text === undefined ? fallback : Number(text)
  if (value === fallback || (Number.isSafeInteger(value) && value >= 0)) return value
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

const fuzzMessages = (): void => {
  const minutes = whole(values.minutes, 0, 'minutes')
  const wanted = whole(values.messages, minutes > 0 ? Infinity : MESSAGES_DEFAULT, 'messages')
  if (wanted === 0) return
  // The first ones have the code compiled, which the heap keeps.
  fuzzDns(seed, messages => messages >= Math.min(wanted, 100_000))
  const heldBefore = heldBytes()
  const begin = Date.now()
  const end = minutes > 0 ? begin + minutes * 60_000 : Infinity
  const { messages, kinds, slowestMs, fault } = fuzzDns(
    seed,
    tried => tried >= wanted || Date.now() >= end,
  )
  const grown = heldBytes() - heldBefore
  const took = ((Date.now() - begin) / 1000).toFixed(1)
  console.log(
    `${messages} DNS messages in ${took} s, the slowest ${slowestMs.toFixed(1)} ms; ` +
      `the heap grew by ${(grown / 1024).toFixed(0)} KiB; ${JSON.stringify(kinds)}`,
  )
  if (fault) console.log(`seed ${fault.seed}: ${fault.what}: ${fault.message}`)
  else if (grown > GROWTH_MAX_BYTES) console.log('the heap holds more than it may')
  else return
  process.exitCode = 1
}

if (path === undefined) fuzzMessages()
