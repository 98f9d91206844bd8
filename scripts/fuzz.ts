/*
 * Gives each decoder a million inputs: generated ones, and mutations of these and of the files in `test/corpora`;
 * then random events to the race machine, and random connections to a daemon. It ends with status 1 on the first
 * thing that does not hold, and prints what makes it again.
 *
 *     npm run fuzz                                     everything, another seed each time
 *     npm run fuzz -- http dns                         two of the targets (an unknown name lists all)
 *     npm run fuzz -- http --cases 5000 --seed 7
 *     npm run fuzz -- http --seed 7 --case 123         one input again, and nothing else
 *     npm run fuzz -- dns --minutes 60                 as many as there is time for
 *     npm run fuzz -- http --keep                      keeps what fails, made short, as test/corpora/http/crash-*
 *     npm run fuzz -- races --cases 5000000            events; `--seed 7 --path 12:3:0` is one race again
 *     npm run fuzz -- pipe --engine splice             connections; `--seed 7 --case 123` is one again
 */
import { parseArgs } from 'node:util'
import { FUZZ_TARGETS } from '../test/fixtures/fuzz/targets.ts'
import { fuzzDecoder } from './fuzz/decoder.ts'
import type { Options } from './fuzz/options.ts'
import { readOptions } from './fuzz/options.ts'
import { fuzzPipes } from './fuzz/pipe.ts'
import { fuzzRaceMachine } from './fuzz/races.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: 'string' },
    seed: { type: 'string' },
    case: { type: 'string' },
    minutes: { type: 'string' },
    keep: { type: 'boolean' },
    path: { type: 'string' },
    engine: { type: 'string' },
  },
})
const options = readOptions(values)

type Fuzz = (options: Options) => boolean | Promise<boolean>

/** Every target by name; each returns whether everything holds. */
const TARGETS = new Map<string, Fuzz>([
  ...FUZZ_TARGETS.map((target): [string, Fuzz] => [target.name, each => fuzzDecoder(target, each)]),
  ['races', fuzzRaceMachine],
  ['pipe', fuzzPipes],
])

const unknown = positionals.filter(name => !TARGETS.has(name))
if (unknown.length > 0) {
  console.error(
    `no such target: ${unknown.join(', ')}; there are ${[...TARGETS.keys()].join(', ')}`,
  )
  process.exit(2)
}

console.log(`seed ${options.seed}`)
for (const [name, fuzz] of TARGETS) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  if (!(await fuzz(options))) process.exitCode = 1
}
