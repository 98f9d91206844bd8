import { writeFileSync } from 'node:fs'
import { readBounded } from '../config/read-file.ts'
import { ignoreErrors } from '../core/stream-socket.ts'
import type { CaughtSignals } from '../daemon/signals.ts'
import type { Host } from './host.ts'
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
 * The environment of this process, for its commands. The daemon and the races are loaded when they are
 * called, so that other commands cost little more than Node itself.
 *
 * @param signals the process's signals, caught since it started
 */
export const createProcessIo = (process: NodeJS.Process, signals: CaughtSignals): CliIo => {
  const loadHost = async (): Promise<Host> => {
    const { createHost } = await import('./host.ts')
    // A signal that ended the daemon while it was loaded is caught before it starts.
    await signals.settled()
    return createHost(process, signals)
  }
  return {
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    stdin: process.stdin,
    env: process.env,
    readFile: readBounded,
    writeFile: (path, text) => writeFileSync(path, text),
    releaseSignals: signals.release,
    exchange: async (...request) => (await loadHost()).exchange(...request),
    openRaces: async config => (await loadHost()).openRaces(config),
    checkEngine: async engine => (await loadHost()).checkEngine(engine),
    runDaemon: async source => (await loadHost()).runDaemon(source),
  }
}
