import type { Config } from '../config/types.ts'
import { codeOf } from '../core/fail.ts'
import { connectionsOf, filesForConnections } from '../daemon/file-shares.ts'
import { finding, ok } from './findings.ts'
import type { DaemonReport, DoctorHost, Finding } from './types.ts'

/** No clock that is right is before this: it is older than eyeballd. */
const EARLIEST = Date.UTC(2025, 0, 1)

/** Beyond this the times of two hosts' logs cannot be compared. */
const LARGE_ERROR_MS = 1000

/** Looks at the clock. Its offset cannot be known without asking another host. */
const checkClock = (host: Pick<DoctorHost, 'wallTime' | 'clockState'>): Finding => {
  const now = new Date(host.wallTime()).toISOString()
  const advice =
    'Start a time service (systemd-timesyncd, chrony); the times of log lines and the checks of certificates depend on it'
  if (host.wallTime() < EARLIEST)
    return finding('clock', 'problem', `The clock says ${now}, which is in the past`, advice, {
      now,
    })
  const state = host.clockState()
  const facts = { now, ...state }
  if (!state) {
    const message = `The clock says ${now}; whether it is synchronised cannot be read here`
    return finding('clock', 'note', message, 'Compare it with another clock', facts)
  }
  if (!state.synchronised) {
    const message = `The clock says ${now}, and the kernel does not know that it is synchronised`
    return finding(
      'clock',
      'note',
      message,
      `${advice}; in a container or virtual machine the host may keep it right`,
      facts,
    )
  }
  const error = Math.round(state.maxErrorMs)
  return error > LARGE_ERROR_MS
    ? finding(
        'clock',
        'note',
        `The clock is synchronised, and may be wrong by ${error} ms`,
        'Look at the time service',
        facts,
      )
    : ok('clock', `The clock is synchronised, to ${error} ms at most`, facts)
}

/** The limit on open files, and what connections it leaves (docs/limits.md). */
const checkOpenFiles = (host: DoctorHost, config: Config, daemon: DaemonReport | null): Finding => {
  const openFiles = host.openFilesLimit()
  const { maxConnections } = config.limits
  const shown = Number.isFinite(openFiles) ? openFiles : null
  const facts = { openFiles: shown, maxConnections, processes: config.processes }
  if (daemon?.ok === true && daemon.status.connections.limit >= maxConnections) {
    const message = `The running daemon has files enough for the ${maxConnections} connections of limits.maxConnections`
    return ok('files', message, { ...facts, connections: daemon.status.connections.limit })
  }
  const raise =
    'Raise it (ulimit -n, LimitNOFILE= of a unit); a daemon under systemd has a limit of its own'
  try {
    const inUse = { openFiles, open: host.openFiles(), pipesOf: (share: number) => share }
    const files = filesForConnections(inUse, config)
    const connections = connectionsOf(files)
    const limit =
      shown === null ? 'There is no limit on open files' : `The limit on open files is ${shown}`
    const each = config.processes > 1 ? ' in each process' : ''
    return connections * config.processes >= maxConnections
      ? ok(
          'files',
          `${limit}: enough for the ${maxConnections} connections of limits.maxConnections`,
          { ...facts, connections },
        )
      : finding(
          'files',
          'warning',
          `${limit}: enough for ${connections} connections${each}, fewer than limits.maxConnections (${maxConnections})`,
          raise,
          { ...facts, connections },
        )
  } catch (error) {
    if (codeOf(error) !== 'ERR_OPEN_FILES') throw error
    return finding(
      'files',
      'problem',
      `The daemon cannot start: ${(error as Error).message}`,
      raise,
      facts,
    )
  }
}

const checkEngine = async (host: DoctorHost, { pipe: { engine } }: Config): Promise<Finding> => {
  if (engine === 'stream')
    return ok('engine', 'The engine is stream, as pipe.engine says', { engine })
  const failure = await host.spliceFailure()
  if (failure === null)
    return ok('engine', 'The engine is splice: the kernel and worker threads move the bytes', {
      engine: 'splice',
    })
  const facts = { engine: 'stream', reason: failure }
  return engine === 'splice'
    ? finding(
        'engine',
        'problem',
        `The daemon cannot start: ${failure}`,
        'Set pipe.engine: auto',
        facts,
      )
    : finding(
        'engine',
        'note',
        `The engine is stream, because ${failure}`,
        'Install koffi for this platform, if speed matters (docs/engines.md)',
        facts,
      )
}

/**
 * Looks at clock, open files and engine. Nothing leaves the host.
 *
 * @param daemon a running one, whose limit may be another than that of this process; null: none was asked
 */
export const checkHost = async (
  host: DoctorHost,
  config: Config,
  daemon: DaemonReport | null,
): Promise<readonly Finding[]> => [
  checkClock(host),
  checkOpenFiles(host, config, daemon),
  await checkEngine(host, config),
]
