import { writeFileSync } from 'node:fs'
import { readBounded } from '../config/read-bounded.ts'
import { ignoreErrors } from '../core/ignore-errors.ts'
import { dialerOptions } from '../daemon/generation.ts'
import { checkEngine } from '../daemon/create-transport.ts'
import { runProcesses } from '../daemon/processes/run-processes.ts'
import type { CaughtSignals } from '../daemon/signals.ts'
import { openRaces } from '../dial/open-races.ts'
import { exchange } from '../net/node/exchange.ts'
import type { CliIo, Output } from './types.ts'

const outputOf = (stream: NodeJS.WriteStream): Output => {
  // The reader may close the pipe early, as `head` does; the remaining output is discarded.
  ignoreErrors(stream)
  return {
    write: text => void stream.write(text),
    isTTY: stream.isTTY,
    columns: stream.isTTY ? stream.columns : undefined,
  }
}

/**
 * The environment of this process, for its commands.
 *
 * @param signals the process's signals, caught since it started
 */
export const createProcessIo = (process: NodeJS.Process, signals: CaughtSignals): CliIo => ({
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  stdin: process.stdin,
  env: process.env,
  readFile: readBounded,
  writeFile: (path, text) => writeFileSync(path, text),
  exchange,
  openRaces: config => openRaces(dialerOptions(config)),
  checkEngine: engine => checkEngine(engine),
  releaseSignals: signals.release,
  runDaemon: source =>
    runProcesses(source, {
      logFd: process.stdout.fd,
      isTerminal: process.stdout.isTTY,
      signals,
    }),
})
