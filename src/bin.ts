#!/usr/bin/env node
import process from 'node:process'
import { catchSignals } from './daemon/signals.ts'

// Before the rest is loaded: a daemon survives SIGHUP from here on.
const signals = catchSignals(process)

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

const words = process.argv.slice(2)
process.exitCode = (await answer(words)) ?? (await run(words))
