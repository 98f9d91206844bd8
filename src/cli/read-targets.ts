import { fail } from '../core/fail.ts'
import type { HostPort } from '../core/host-port.ts'
import { parseRaceTarget } from './race-target.ts'
import type { Input } from './types.ts'

/** The word that stands for the targets on standard input. */
const STDIN = '-'

/** The most targets of one run: its results wait in memory for those before them. */
export const TARGETS_MAX = 10_000

/** The longest input that is read: names of 255 bytes with their ports. */
const INPUT_MAX_BYTES = TARGETS_MAX * 264

const tooMany = (): Error =>
  fail('ERR_CONFIG', `TARGET: found more than ${TARGETS_MAX} targets; allowed: ${TARGETS_MAX}`)

/** The lines of an input, without comments (`#`) and empty ones, each with its number. */
const readLines = async (input: Input) => {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of input) {
    pieces.push(Buffer.from(piece))
    bytes += pieces.at(-1)?.length ?? 0
    if (bytes > INPUT_MAX_BYTES) throw tooMany()
  }
  return Buffer.concat(pieces)
    .toString()
    .split('\n')
    .map((line, i) => ({ text: line.replace(/(?:^|\s)#.*$/, '').trim(), number: i + 1 }))
    .filter(({ text }) => text !== '')
}

/**
 * The targets of a command: its words, and for `-` one target a line of standard input.
 *
 * @throws ERR_CONFIG for one that is wrong, and if there is none
 */
export const readTargets = async (
  words: readonly string[],
  stdin: () => Input,
): Promise<readonly HostPort[]> => {
  if (words.filter(word => word === STDIN).length > 1)
    throw fail('ERR_CONFIG', 'TARGET: found - several times; allowed: once')
  const targets: HostPort[] = []
  for (const word of words) {
    if (word !== STDIN) targets.push(parseRaceTarget(word))
    else {
      const lines = await readLines(stdin())
      for (const { text, number } of lines) {
        targets.push(parseRaceTarget(text, `standard input, line ${number}`))
      }
    }
  }
  if (targets.length > TARGETS_MAX) throw tooMany()
  if (targets.length === 0)
    throw fail('ERR_CONFIG', 'TARGET: standard input has none; expected one a line')
  return targets
}
