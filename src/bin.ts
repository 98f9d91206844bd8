#!/usr/bin/env node
import { catchSignals } from './daemon/signals.ts'

const commandLine = process.argv.slice(2)

// Before the rest is loaded: a daemon survives SIGHUP from here on. By default SIGUSR1 opens Node's inspector,
// and `run` passes it on.
const signals = catchSignals(process, undefined, commandLine[0] === 'run' ? ['SIGUSR1'] : undefined)

const healthStatus = async (words: readonly string[]): Promise<number | null> => {
  await signals.release()
  const { runHealthcheck } = await import('./cli/healthcheck-main.ts')
  return runHealthcheck(words, process)
}

const run = async (words: readonly string[]): Promise<number> => {
  const { runProgram } = await import('./cli/main.ts')
  return runProgram(words, process, signals)
}

/** What is asked often, and alone, loads little; everything else is for the whole program. */
const answer = async ([command, ...rest]: readonly string[]): Promise<number | null> => {
  if (command === 'healthcheck') return healthStatus(rest)
  if (command !== '--version' || rest.length > 0) return null
  const { version } = await import('./cli/version.ts')
  // The reader may have closed the pipe.
  process.stdout.on('error', () => {})
  process.stdout.write(`${version()}\n`)
  return 0
}

/** Node opens several files to load the program, before the daemon checks the limit. */
const explainFewFiles = (error: unknown): number => {
  if (!(error instanceof Error && 'code' in error && error.code === 'EMFILE')) throw error
  process.stderr.write(
    'eyeballd: the limit on open files is too low to load the program; raise it (ulimit -n, LimitNOFILE=)\n',
  )
  return 1
}

process.exitCode = await answer(commandLine)
  .then(status => status ?? run(commandLine))
  .catch(explainFewFiles)
