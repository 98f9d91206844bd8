import type { Config } from '../../config/types.ts'
import type { DaemonIo } from '../run-daemon.ts'
import { runDaemon } from '../run-daemon.ts'
import type { ConfigSource } from '../types.ts'
import { runPrimary } from './run-primary.ts'

/**
 * Runs the daemon in as many processes as its configuration says, until a signal ends it. One of them
 * is this process; for more of them it leads the others.
 *
 * @returns the exit status: 0 after a signal, also one that came before it could serve; 1 where it could not start
 * @throws what `load` throws; nothing was started then
 */
export const runProcesses = async (source: ConfigSource, io: DaemonIo): Promise<number> => {
  const config: Config = source.load()
  // It is read once: it might be another one a moment later.
  const known = { ...source, load: () => config }
  return config.processes === 1 ? runDaemon(known, io) : runPrimary(known, io)
}
