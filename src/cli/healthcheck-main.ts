import { readBounded } from '../config/read-file.ts'
import { exchange } from '../net/node/exchange.ts'
import { outputOf } from './command.ts'
import type { HealthIo } from './healthcheck.ts'
import { healthcheck } from './healthcheck.ts'
import type { Arguments } from './types.ts'

/** The options of `eyeballd healthcheck`; each takes a value. */
const OPTIONS: Readonly<Record<string, string>> = {
  '--admin': 'admin',
  '--proxy': 'proxy',
  '--config': 'config',
  '-c': 'config',
}

/**
 * Reads arguments that are certainly valid.
 *
 * @returns null for all others and for `--help`, which the full parser handles
 */
export const readHealthWords = (words: readonly string[]): Arguments | null => {
  const args: Record<string, string> = {}
  const rest = [...words]
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, long, joined] = /^(--[^=]+)=(.*)$/s.exec(word) ?? []
    const option = long ?? word
    const name = Object.hasOwn(OPTIONS, option) ? OPTIONS[option] : undefined
    const value = joined ?? rest.shift()
    if (name === undefined || value === undefined || name in args) return null
    if (value === '' || value.startsWith('-')) return null
    args[name] = value
  }
  return args
}

/**
 * `eyeballd healthcheck` on its own: containers run it every few seconds, so it loads neither the daemon
 * nor the command line parser.
 *
 * @param words the arguments after the command
 * @returns the exit status; null if the full program has to report what is wrong with the arguments
 */
export const runHealthcheck = async (
  words: readonly string[],
  { stdout, stderr, env }: Pick<NodeJS.Process, 'stdout' | 'stderr' | 'env'>,
): Promise<number | null> => {
  const args = readHealthWords(words)
  if (!args) return null
  const io: HealthIo = {
    stdout: outputOf(stdout),
    stderr: outputOf(stderr),
    env,
    readFile: readBounded,
    exchange,
  }
  try {
    return await healthcheck(args, io)
  } catch {
    return null
  }
}
