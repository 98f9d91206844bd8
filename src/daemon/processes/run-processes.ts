import type { Config } from '../../config/types.ts'
import type { DaemonIo } from '../run-daemon.ts'
import { runDaemon } from '../run-daemon.ts'
import { runPrimary } from './run-primary.ts'

/**
 * Runs the daemon in as many processes as its configuration says, until a signal ends it. One of them
 * is this process; for more of them it leads the others.
 *
 * @param loadConfig reads the configuration, now and at each SIGHUP; throws ERR_CONFIG
 * @returns the exit status: 0 after a signal, 1 where it could not start
 * @throws what `loadConfig` throws the first time; nothing was started then
 */
export const runProcesses = async (loadConfig: () => Config, io: DaemonIo): Promise<number> => {
  const first = loadConfig()
  let next: Config | undefined = first
  // The first one is read once: it might be another one a moment later.
  const load = (): Config => {
    const config = next ?? loadConfig()
    next = undefined
    return config
  }
  return first.processes === 1 ? runDaemon(load, io) : runPrimary(load, io)
}
