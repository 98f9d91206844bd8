import type { Config } from '../../config/types.ts'
import type { DaemonIo } from '../run-daemon.ts'
import { runDaemon } from '../run-daemon.ts'
import type { ConfigSource } from '../types.ts'
import { runPrimary } from './run-primary.ts'

/**
 * Runs the daemon in as many processes as its configuration says, until a signal ends it. With one process,
 * this process serves; with several, it becomes their primary.
 *
 * @returns the exit status: 0 after a signal, also one that came before it could serve; 1 where it could
 *   not start
 * @throws what `load` throws; nothing was started then
 */
export const runProcesses = async (source: ConfigSource, io: DaemonIo): Promise<number> => {
  const config: Config = source.load()
  // The file is read only once, because it may change in between.
  const known = { ...source, load: () => config }
  return config.processes === 1 ? runDaemon(known, io) : runPrimary(known, io)
}
