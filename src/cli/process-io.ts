import { createReadStream, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { readBounded } from '../config/read-file.ts'
import type { CaughtSignals } from '../daemon/signals.ts'
import { takeServiceEnvironment } from '../daemon/systemd/service-environment.ts'
import { outputOf } from './command.ts'
import { openTerminal } from './top/terminal.ts'
import type { CliIo } from './types.ts'
import { version } from './version.ts'

/** A signal has ended the process by then, if it ends it at all. */
const SIGNAL_MS = 100

/**
 * The environment of this process, for its commands. The daemon and the races are loaded when they are
 * called, so that other commands cost little more than Node itself.
 *
 * @param signals the process's signals, caught since it started
 */
export const createProcessIo = (process: NodeJS.Process, signals: CaughtSignals): CliIo => {
  const host = () => import('./host.ts')
  return {
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    // Only for who reads it: Node makes a pipe non-blocking, for all processes that share it.
    get stdin() {
      return process.stdin
    },
    env: process.env,
    readFile: readBounded,
    writeFile: (path, text) => writeFileSync(path, text),
    releaseSignals: signals.release,
    exchange: async (...request) => (await host()).exchange(...request),
    openRaces: async config => (await host()).openRacesOf(config),
    openAdmin: async (addresses, token) => {
      const { createAdminClient } = await import('./admin-client.ts')
      return createAdminClient(addresses, token)
    },
    openTerminal: events => openTerminal(process, events),
    openFile: path => createReadStream(path),
    openDoctor: async config => (await host()).openDoctor(config),
    checkEngine: async engine => (await host()).checkEngine(engine),
    runCommand: async request => {
      const { runBesideProxy } = await import('./run/run-beside-proxy.ts')
      return runBesideProxy(request, process, signals)
    },
    endBy: async signal => {
      process.kill(process.pid, signal)
      await sleep(SIGNAL_MS)
    },
    runDaemon: async source => {
      const { runProcesses } = await import('../daemon/processes/run-processes.ts')
      // A signal that ended the daemon while it was loaded is caught before it starts.
      await signals.settled()
      const { fd: logFd, isTTY: isTerminal } = process.stdout
      const service = takeServiceEnvironment(process.env, process.pid)
      return runProcesses(source, { logFd, isTerminal, signals, version, service })
    },
  }
}
