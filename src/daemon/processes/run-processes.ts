import type { Config } from '../../config/types.ts'
import { codeOf, errorOf, fail } from '../../core/fail.ts'
import type { LoadedLibc } from '../../libc/libc.ts'
import { loadLibc } from '../../libc/load-libc.ts'
import { createRealClock } from '../../net/host/real-clock.ts'
import { reservePort } from '../../net/native/bind.ts'
import { probePort } from '../../net/node/node-listen.ts'
import { PRIVATE_UMASK, createUnixPlace } from '../../net/unix-place.ts'
import { rememberReload } from '../last-reload.ts'
import type { DaemonIo } from '../run-daemon.ts'
import { runDaemon, serviceOf, withEndpoints } from '../run-daemon.ts'
import { serveUntilSignal } from '../serve-until-signal.ts'
import type { ConfigSource } from '../types.ts'
import { realUsersFiles } from '../users-files.ts'
import { createWorkerProcesses } from './create-worker-processes.ts'
import { createPrimaryLog } from './process-logs.ts'
import type { Reservations } from './reservations.ts'
import { createReservations } from './reservations.ts'
import type { StartWorkerProcess } from './start-worker-process.ts'
import { startWorkerProcess } from './start-worker-process.ts'

/** With the engine `stream`, Node listens; else the C library does, if it can be loaded. */
const libcFor = ({ pipe }: Config): LoadedLibc =>
  pipe.engine === 'stream'
    ? { ok: false, reason: 'eyeballd was started with pipe.engine: stream' }
    : loadLibc()

const reservationsOn = (libc: LoadedLibc): Reservations =>
  createReservations({
    reservePort: (host, port) => {
      // A worker that was started after a reload may have another engine than this process.
      if (!libc.ok)
        throw fail(
          'ERR_ENGINE',
          `cannot share port ${port} by SO_REUSEPORT: ${libc.reason}; restart eyeballd to change the engine`,
        )
      return reservePort(libc.libc, host, port)
    },
    probePort,
    createUnixPlace,
  })

/**
 * Runs the daemon as several processes until a signal ends it. This process serves no connection: it
 * reserves the addresses, controls the workers, and writes the log of all.
 *
 * @returns the exit status, as `runDaemon` does
 * @throws the errors of `load`; nothing was started then
 */
export const runPrimary = async (
  { load, reload, path }: ConfigSource,
  io: Omit<DaemonIo, 'worker'>,
  start: StartWorkerProcess = () => startWorkerProcess(io.service?.passed.map(({ fd }) => fd)),
): Promise<number> => {
  const config = load()
  const clock = createRealClock()
  const libc = libcFor(config)
  const { logFd: fd, isTerminal, signals, version } = io
  const created = createPrimaryLog(config.log, { fd, isTerminal })
  const { log, lastReload, metrics: reloads } = rememberReload(created, Date.now)
  const workers = createWorkerProcesses({
    processes: config.processes,
    start,
    reservations: reservationsOn(libc),
    reusePort: libc.ok,
    clock,
    onEvent: log.event,
    onLine: log.relay,
    logDropped: log.dropped,
  })
  const daemon = withEndpoints(workers, {
    clock,
    log,
    lastReload,
    reloads,
    version,
    service: io.service,
  })
  // This process binds the workers' UNIX sockets, and creates no other files.
  const umask = process.umask(PRIVATE_UMASK)
  try {
    if (signals.ending()) log.event({ type: 'stopped' })
    else {
      const service = await serviceOf(io, { daemon, clock, log })
      await daemon.apply(config)
      const { onSignal } = signals
      const usersFiles = realUsersFiles
      await serveUntilSignal({
        daemon,
        config,
        reload,
        log,
        clock,
        onSignal,
        isTerminal,
        service,
        usersFiles,
        path,
      })
    }
    await log.flush()
    return 0
  } catch (error) {
    daemon.close()
    await daemon.idle()
    // A signal that ends this process may have ended the workers first.
    const isEnding = signals.ending() !== undefined
    const { message } = errorOf(error)
    log.event(isEnding ? { type: 'stopped' } : { type: 'fatal', code: codeOf(error), message })
    await log.flush()
    return isEnding ? 0 : 1
  } finally {
    process.umask(umask)
  }
}

/**
 * Runs the daemon in as many processes as its configuration says, until a signal ends it. With one process,
 * this process serves; with several, it becomes their primary.
 *
 * @returns the exit status: 0 after a signal, also one before it could serve; 1 if it could not start
 * @throws the errors of `load`; nothing was started then
 */
export const runProcesses = async (source: ConfigSource, io: DaemonIo): Promise<number> => {
  const config: Config = source.load()
  // The file is read only once, because it may change in between.
  const known = { ...source, load: () => config }
  return config.processes === 1 ? runDaemon(known, io) : runPrimary(known, io)
}
