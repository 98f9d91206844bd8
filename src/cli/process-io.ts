import { readFileSync, writeFileSync } from 'node:fs'
import { dialerOptions } from '../daemon/dialer-options.ts'
import { runProcesses } from '../daemon/processes/run-processes.ts'
import { signalsOf } from '../daemon/signals.ts'
import { openRaces } from '../library/open-races.ts'
import { exchange } from '../net/exchange.ts'
import type { CliIo, Output } from './types.ts'

const outputOf = (stream: NodeJS.WriteStream): Output => {
  // Whoever reads may leave early, as `head` does: what is left to say has no reader then.
  stream.on('error', () => {})
  return {
    write: text => void stream.write(text),
    isTTY: stream.isTTY,
    columns: stream.isTTY ? stream.columns : undefined,
  }
}

/** The world of this process, for its commands. */
export const createProcessIo = (process: NodeJS.Process): CliIo => ({
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  stdin: process.stdin,
  env: process.env,
  readFile: path => readFileSync(path),
  writeFile: (path, text) => writeFileSync(path, text),
  exchange,
  openRaces: config => openRaces(dialerOptions(config)),
  runDaemon: load =>
    runProcesses(load, {
      logFd: process.stdout.fd,
      isTerminal: process.stdout.isTTY,
      onSignal: signalsOf(process),
    }),
})
