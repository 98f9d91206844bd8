import { writeFileSync } from 'node:fs'
import { readBounded } from '../config/read-file.ts'
import { ignoreErrors } from '../core/ignore-errors.ts'
import type { CaughtSignals } from '../daemon/signals.ts'
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
 * The environment of this process, for its commands. What only one command needs is loaded when it is called,
 * so that every start loads only what it uses.
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
  exchange: async (...request) => {
    const { exchange } = await import('../net/node/exchange.ts')
    return exchange(...request)
  },
  openRaces: async config => {
    const { dialerOptions } = await import('../daemon/generation.ts')
    const { openRaces } = await import('../dial/open-races.ts')
    return openRaces(dialerOptions(config))
  },
  checkEngine: async engine => {
    const { checkEngine } = await import('../daemon/create-transport.ts')
    checkEngine(engine)
  },
  releaseSignals: signals.release,
  runDaemon: async source => {
    const { runProcesses } = await import('../daemon/processes/run-processes.ts')
    // A signal that ended the daemon while it was loaded is caught before it starts.
    await signals.settled()
    return runProcesses(source, {
      logFd: process.stdout.fd,
      isTerminal: process.stdout.isTTY,
      signals,
    })
  },
})
