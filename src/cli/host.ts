import { checkEngine } from '../daemon/create-transport.ts'
import { dialerOptions } from '../daemon/generation.ts'
import { runProcesses } from '../daemon/processes/run-processes.ts'
import type { CaughtSignals } from '../daemon/signals.ts'
import { openRaces } from '../dial/open-races.ts'
import { exchange } from '../net/node/exchange.ts'
import type { CliIo } from './types.ts'

/** What commands do on this host: all of it needs the daemon's code or a network. */
export type Host = Pick<CliIo, 'exchange' | 'openRaces' | 'checkEngine' | 'runDaemon'>

/** @param signals the process's signals, caught since it started */
export const createHost = (process: NodeJS.Process, signals: CaughtSignals): Host => ({
  exchange,
  openRaces: async config => openRaces(dialerOptions(config)),
  checkEngine: async engine => checkEngine(engine),
  runDaemon: source =>
    runProcesses(source, {
      logFd: process.stdout.fd,
      isTerminal: process.stdout.isTTY,
      signals,
    }),
})
