import { codeOf } from '../core/fail.ts'
import { DEFAULT_COMMAND } from './definitions.ts'
import { EXIT_DONE, EXIT_FAILED, EXIT_WRONG } from './command.ts'
import { parseWords } from './parse-words.ts'
import type { CliIo, RunCommand } from './types.ts'

/** Each command is loaded when it runs. */
const LOAD: Readonly<Record<string, () => Promise<RunCommand>>> = {
  serve: async () => (await import('./serve.ts')).serve,
  race: async () => (await import('./race.ts')).race,
  resolve: async () => (await import('./resolve.ts')).resolve,
  check: async () => (await import('./check.ts')).check,
  'hash-password': async () => (await import('./hash-password.ts')).hashPassword,
  healthcheck: async () => (await import('./healthcheck.ts')).healthcheck,
  completion: async () => (await import('./completion.ts')).completion,
}

/**
 * A message for each kind of error. Errors of a configuration file already begin with file:line:column, as
 * editors expect.
 */
const explain = (error: unknown): string => {
  if (error instanceof Error && 'problems' in error) return error.message
  if (codeOf(error) === 'ERR_CONFIG') return `eyeballd: ${(error as Error).message}`
  // An error without a code is a bug, and a bug report needs its stack trace.
  if (codeOf(error) === 'ERR_BUG') {
    return `eyeballd: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  }
  return `eyeballd: ${(error as Error).message}`
}

const run = async (words: readonly string[], io: CliIo): Promise<number> => {
  const request = parseWords(words)
  if (request.type !== 'run' || request.command !== DEFAULT_COMMAND) await io.releaseSignals()
  if (request.type === 'help') {
    const { helpText } = await import('./help.ts')
    io.stdout.write(helpText(request.command))
    return EXIT_DONE
  }
  if (request.type === 'version') {
    const { version } = await import('./help.ts')
    io.stdout.write(`${version()}\n`)
    return EXIT_DONE
  }
  const load = LOAD[request.command.name]
  if (!load) return EXIT_WRONG
  const command = await load()
  return command(request.args, io)
}

/**
 * The program. It never rejects.
 *
 * @param words the arguments after the program's name
 * @returns the exit status: 0 success; 1 failure; 2 the arguments or the configuration are wrong, and
 *   nothing was started
 */
export const main = async (words: readonly string[], io: CliIo): Promise<number> => {
  try {
    return await run(words, io)
  } catch (error) {
    io.stderr.write(`${explain(error)}\n`)
    return codeOf(error) === 'ERR_CONFIG' ? EXIT_WRONG : EXIT_FAILED
  }
}
