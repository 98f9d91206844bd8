/** A descriptor that the service manager has passed to this process (sd_listen_fds(3)). */
export type PassedDescriptor = { readonly fd: number; readonly name: string }

/** What the service manager says to a service by its environment. */
export type ServiceEnvironment = {
  /** The socket for notifications (sd_notify(3)); null if nobody listens. */
  readonly notifySocket: string | null
  /** The time after which a service that sends no WATCHDOG=1 is killed (sd_watchdog_enabled(3)); null: off. */
  readonly watchdogMs: number | null
  readonly passed: readonly PassedDescriptor[]
}

/** SD_LISTEN_FDS_START. */
const FIRST_FD = 3

/** A larger number is a mistake: it would be above most limits on open files. */
const PASSED_MAX = 10_000

/** The name of a descriptor that has none, as in sd_listen_fds_with_names(3). */
const NO_NAME = 'unknown'

const VARIABLES = [
  'NOTIFY_SOCKET',
  'WATCHDOG_USEC',
  'WATCHDOG_PID',
  'LISTEN_FDS',
  'LISTEN_PID',
  'LISTEN_FDNAMES',
  'LISTEN_PIDFDID',
] as const

const MS_PER_US = 1000

const numberIn = (text: string | undefined): number =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : 0

/**
 * Reads the variables of systemd and removes them, so that no child process gets them.
 *
 * @param pid of this process: variables for another one, which has passed them on by mistake, do not count
 */
export const takeServiceEnvironment = (env: NodeJS.ProcessEnv, pid: number): ServiceEnvironment => {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES } = env
  for (const name of VARIABLES) delete env[name]
  const watchdogUs = numberIn(WATCHDOG_USEC)
  const isWatched = WATCHDOG_PID === undefined || numberIn(WATCHDOG_PID) === pid
  const count = numberIn(LISTEN_PID) === pid ? numberIn(LISTEN_FDS) : 0
  const names = LISTEN_FDNAMES?.split(':') ?? []
  const passed = Array.from({ length: count > PASSED_MAX ? 0 : count }, (_, i) => {
    const name = names[i]
    return { fd: FIRST_FD + i, name: name === undefined || name === '' ? NO_NAME : name }
  })
  return {
    notifySocket: NOTIFY_SOCKET || null,
    watchdogMs: isWatched && watchdogUs > 0 ? watchdogUs / MS_PER_US : null,
    passed,
  }
}
