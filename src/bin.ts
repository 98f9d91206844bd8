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

const words = process.argv.slice(2)
const [command, ...rest] = words
process.exitCode =
  (command === 'healthcheck' ? await healthStatus(rest) : null) ?? (await run(words))
