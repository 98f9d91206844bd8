import type { Config } from '../../config/types.ts'
import { codeOf, fail } from '../../core/fail.ts'
import { loadLibc } from '../../libc/load-libc.ts'
import type { LoadedLibc } from '../../libc/types.ts'
import { openFilesLimit } from '../../net/host/open-files.ts'
import { createRealClock } from '../../net/host/real-clock.ts'
import { holdPort } from '../../net/native/hold-port.ts'
import { PRIVATE_UMASK } from '../../net/node/listen-unix.ts'
import { probePort } from '../../net/node/probe-port.ts'
import { createUnixPlace } from '../../net/node/unix-place.ts'
import { fileShares } from '../file-shares.ts'
import type { DaemonIo } from '../run-daemon.ts'
import { serveUntilSignal } from '../serve-until-signal.ts'
import type { ConfigSource } from '../types.ts'
import { withAdmin } from '../with-admin.ts'
import { createPool } from './create-pool.ts'
import type { Holds } from './holds.ts'
import { createHolds } from './holds.ts'
import { createPrimaryLog } from './primary-log.ts'
import { startWorkerProcess } from './start-worker-process.ts'
import type { StartWorkerProcess } from './worker-process.ts'

/** With the engine `stream`, Node listens; else the C library does, if it can be loaded. */
const libcFor = ({ pipe }: Config): LoadedLibc =>
  pipe.engine === 'stream' ? { ok: false, reason: 'streams were asked for' } : loadLibc()

const holdsOn = (libc: LoadedLibc): Holds =>
  createHolds({
    holdPort: (host, port) => {
      // Workers that listen with SO_REUSEPORT have loaded the same library.
      if (!libc.ok) throw fail('ERR_BUG', libc.reason)
      return holdPort(libc.libc, host, port)
    },
    probePort,
    createUnixPlace,
  })

/**
 * Runs the daemon as several processes until a signal ends it. This process serves no connection: it
 * reserves the addresses, controls the workers, and writes the log of all.
 *
 * @returns the exit status, as of `runDaemon`
 * @throws what `load` throws; nothing was started then
 */
export const runPrimary = async (
  { load, reload }: ConfigSource,
  io: Omit<DaemonIo, 'share'>,
  start: StartWorkerProcess = startWorkerProcess,
): Promise<number> => {
  const config = load()
  const clock = createRealClock()
  const libc = libcFor(config)
  const { logFd: fd, isTerminal, signals } = io
  const log = createPrimaryLog(config.log, { fd, isTerminal })
  const pool = createPool({
    processes: config.processes,
    start,
    holds: holdsOn(libc),
    reusePort: libc.ok,
    clock,
    onEvent: log.event,
    onLine: log.relay,
  })
  const { admin: connectionsMax } = fileShares(openFilesLimit())
  const daemon = withAdmin(pool, { clock, log, connectionsMax })
  // This process binds the workers' UNIX sockets, and creates no other files.
  const umask = process.umask(PRIVATE_UMASK)
  try {
    if (signals.ending()) log.event({ type: 'stopped' })
    else {
      await daemon.apply(config)
      const { onSignal } = signals
      await serveUntilSignal({ daemon, config, reload, log, clock, onSignal, isTerminal })
    }
    await log.flush()
    return 0
  } catch (error) {
    daemon.close()
    await daemon.idle()
    // A signal that ends this process may have ended the workers first.
    const isEnding = signals.ending() !== undefined
    const message = error instanceof Error ? error.message : String(error)
    log.event(isEnding ? { type: 'stopped' } : { type: 'fatal', code: codeOf(error), message })
    await log.flush()
    return isEnding ? 0 : 1
  } finally {
    process.umask(umask)
  }
}
