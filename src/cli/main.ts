import { codeOf } from '../core/fail.ts'
import type { CaughtSignals } from '../daemon/signals.ts'
import { DEFAULT_COMMAND } from './definitions.ts'
import { EXIT_DONE, EXIT_FAILED, EXIT_WRONG } from './command.ts'
import { helpText } from './help.ts'
import { parseWords } from './parse-words.ts'
import { createProcessIo } from './process-io.ts'
import { serve } from './serve.ts'
import type { CliIo } from './types.ts'
import { version } from './version.ts'

/** As in bin.ts, which loads nothing for it. */
const FEW_FILES =
  'the limit on open files is too low to load the program; raise it (ulimit -n, LimitNOFILE=)'

/** Node's own error for a file of the program that it cannot open. Other errors say what could not be done. */
const isOfLoading = (error: unknown): boolean =>
  codeOf(error) === 'EMFILE' &&
  /\.(?:[cm]?[jt]s|json)$/.test(String((error as NodeJS.ErrnoException).path))

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
  if (isOfLoading(error)) return `eyeballd: ${FEW_FILES}`
  return `eyeballd: ${(error as Error).message}`
}

const run = async (words: readonly string[], io: CliIo): Promise<number> => {
  const request = parseWords(words)
  if (request.type !== 'run' || request.command.handlesSignals !== true) await io.releaseSignals()
  if (request.type === 'help') {
    io.stdout.write(helpText(request.command))
    return EXIT_DONE
  }
  if (request.type === 'version') {
    io.stdout.write(`${version()}\n`)
    return EXIT_DONE
  }
  if (request.command === DEFAULT_COMMAND) return serve(request.args, io)
  const { COMMANDS } = await import('./other-commands.ts')
  const command = COMMANDS[request.command.name]
  return command ? command(request.args, io) : EXIT_WRONG
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

/**
 * `main` in this process.
 *
 * @param signals the process's signals, caught since it started
 */
export const runProgram = (
  words: readonly string[],
  process: NodeJS.Process,
  signals: CaughtSignals,
): Promise<number> => main(words, createProcessIo(process, signals))
