#!/usr/bin/env node
import { createRequire } from 'node:module'
import process from 'node:process'
import type * as HealthcheckMain from './cli/healthcheck-main.ts'
import type * as Main from './cli/main.ts'
import type * as ProcessIo from './cli/process-io.ts'
import { catchSignals } from './daemon/signals.ts'

// Before the rest is loaded, which takes some hundred milliseconds: a daemon survives SIGHUP from here on.
const signals = catchSignals(process)

// `import` opens the files of a program all at once. On Node 20 that takes some hundred descriptors,
// and a process that may have 64 dies before its first line; `require` opens one after the other.
// Sources (.ts) are another loader's to read, by `import`.
const load: (path: string) => unknown = import.meta.url.endsWith('.js')
  ? createRequire(import.meta.url)
  : path => import(path)

const healthStatus = async (words: readonly string[]): Promise<number | null> => {
  await signals.release()
  const { runHealthcheck } = (await load('./cli/healthcheck-main.js')) as typeof HealthcheckMain
  return runHealthcheck(words, process)
}

const run = async (words: readonly string[]): Promise<number> => {
  const { main } = (await load('./cli/main.js')) as typeof Main
  const { createProcessIo } = (await load('./cli/process-io.js')) as typeof ProcessIo
  // So that the daemon does not begin where it was ended while it was loaded.
  await signals.settled()
  return main(words, createProcessIo(process, signals))
}

const words = process.argv.slice(2)
const [command, ...rest] = words
process.exitCode =
  (command === 'healthcheck' ? await healthStatus(rest) : null) ?? (await run(words))
