import { fuzzPipe } from '../../test/fixtures/pipe-model-fuzz.ts'
import type { Options } from './options.ts'

const CONNECTIONS = 10_000
const AT_ONCE = 100

const ENGINES = ['stream', 'splice', 'auto'] as const

/**
 * Sends random connections through a daemon, by each engine of the pipe, and compares every byte and every end with a
 * model.
 *
 * @returns whether all are as the model has them
 */
export const fuzzPipes = async (options: Options): Promise<boolean> => {
  const { seed, engine: wanted } = options
  if (wanted !== undefined && !ENGINES.some(engine => engine === wanted)) {
    throw new Error(`--engine is "${wanted}": ${ENGINES.join(' or ')} is allowed`)
  }
  const count = options.case === undefined ? (options.cases ?? CONNECTIONS) : 1
  const first = options.case ?? 0
  let isGood = true
  for (const engine of ENGINES) {
    if (count === 0 || (wanted ?? engine) !== engine) continue
    const result = await fuzzPipe({ seed, first, count, atOnce: AT_ONCE, engine })
    console.log(`pipe: ${result.text}`)
    isGood &&= result.isGood
  }
  return isGood
}
