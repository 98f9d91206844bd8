import { constants } from 'node:os'
import { configLoader } from '../config/load.ts'
import { variableOf } from '../config/flags.ts'
import { didYouMean } from '../config/suggest.ts'
import type { Config } from '../config/types.ts'
import { fail } from '../core/fail.ts'
import { printable } from '../log/show-race.ts'
import { createRunSummary } from '../log/run-summary.ts'
import { EXIT_FAILED, listOf, switchOf, textOf } from './command.ts'
import { flagsOf } from './load-arguments.ts'
import { replacedProxies } from './run/proxy-environment.ts'
import { DRAIN_MS, PROGRAM_KINDS, RUN_FLAGS } from './run/run-definition.ts'
import type { CommandEnd, ProgramKind } from './run/types.ts'
import type { Arguments, CliIo, RunCommand } from './types.ts'

/** As shells have it: a command that is not there, and one that cannot be run. */
const EXIT_NOT_FOUND = 127
const EXIT_NOT_EXECUTABLE = 126
/** Plus the number of the signal that ended the command. */
const EXIT_SIGNAL = 128

/** Signals that dump core: the command has done that, and this process need not. */
const DUMPING = new Set(
  'SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGSEGV SIGXCPU SIGXFSZ SIGSYS'.split(' '),
)

const kindsOf = (args: Arguments): ReadonlySet<ProgramKind> => {
  const words = (listOf(args, 'for') ?? [])
    .flatMap(text => text.split(','))
    .map(word => word.trim())
  return new Set(
    words.map(word => {
      const kind = PROGRAM_KINDS.find(known => known === word)
      if (kind) return kind
      const allowed = PROGRAM_KINDS.join(', ')
      const near = didYouMean(word, PROGRAM_KINDS)
      throw fail('ERR_CONFIG', `--for: found ${JSON.stringify(word)}; allowed: ${allowed}${near}`)
    }),
  )
}

/**
 * The configuration: the file's if one is given, with a listener of its own in place of the file's listeners
 * and endpoint. Of the environment only what has a flag here: the rest is meant for a daemon.
 */
const configOf = async (args: Arguments, { env, readFile }: CliIo): Promise<Config> => {
  const file = textOf(args, 'config')
  const names = RUN_FLAGS.map(({ name }) => variableOf(name))
  const load = await configLoader({
    file,
    flags: { ...flagsOf(args), listen: ['127.0.0.1:0'], admin: 'off' },
    env: Object.fromEntries(names.map(name => [name, env[name]])),
    readFile,
  })
  return { ...load(), processes: 1 }
}

/** Whether flag or variable give the drain timeout: that of a file is a daemon's. */
const isDrainGiven = (args: Arguments, { env }: CliIo): boolean =>
  (textOf(args, 'drain-timeout') ?? env[variableOf('drain-timeout')]?.trim() ?? '') !== ''

const statusOf = (end: CommandEnd, program: string, io: CliIo): number => {
  if (end.type === 'exited') return end.status
  if (end.type === 'killed') return EXIT_SIGNAL + constants.signals[end.signal]
  const { code } = end
  const isMissing = code === 'ENOENT' || code === 'ENOTDIR' || program === ''
  const isSystemShort = code === 'EAGAIN' || code === 'ENOMEM' || code === 'EMFILE'
  const why = isMissing ? 'was not found' : `cannot be run (${code ?? 'unknown error'})`
  io.stderr.write(`eyeballd: the command ${printable(program)} ${why}\n`)
  if (isMissing) return EXIT_NOT_FOUND
  return isSystemShort ? EXIT_FAILED : EXIT_NOT_EXECUTABLE
}

/**
 * `eyeballd run -- COMMAND`: returns the command's exit status, or ends by the signal that ended the command.
 */
export const run: RunCommand = async (args, io) => {
  const words = listOf(args, 'command') ?? []
  const kinds = kindsOf(args)
  const config = await configOf(args, io)
  const summary = switchOf(args, 'summary') === true ? createRunSummary() : undefined
  const replaced = replacedProxies(io.env)
  if (replaced !== null) io.stderr.write(`eyeballd: ${replaced}\n`)
  const end = await io.runCommand({
    words,
    config,
    kinds,
    drainMs: isDrainGiven(args, io) ? config.drainTimeoutMs : DRAIN_MS,
    logs: switchOf(args, 'log') === true,
    emit: event => summary?.emit(event),
  })
  if (summary) io.stderr.write(summary.text())
  const status = statusOf(end, words[0] ?? '', io)
  if (end.type === 'killed' && !DUMPING.has(end.signal)) await io.endBy(end.signal)
  return status
}
