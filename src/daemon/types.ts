import type { Config } from '../config/types.ts'

export type ApplyOptions = {
  /** An address that cannot be opened is lost, and no error. Default false. */
  readonly lenient?: boolean
}

/** A daemon, of one process or of several. */
export type Daemon = {
  /**
   * Makes the daemon be what a configuration says: at the start, and again at each reload. Connections
   * that are established are not touched; one that has not yet asked for its target is judged by the new
   * rules. Where it rejects, nothing has changed, unless addresses are lost (see `lost`).
   *
   * @throws a Failure of a listener that cannot be opened
   */
  readonly apply: (config: Config, options?: ApplyOptions) => Promise<void>
  /**
   * How many addresses of the configuration in force are not open: they had to close for a reload that
   * failed, and could not be opened again. The next `apply` that wants them tries them again.
   */
  readonly lost: () => number
  /** Processes that serve at the moment; those that are lost, and not replaced yet, do not. */
  readonly processes: () => number
  /** Accepts no more. Resolves once the listeners are closed. */
  readonly stopAccepting: () => Promise<void>
  /** Resolves once no connection is open. */
  readonly idle: () => Promise<void>
  /** Ends every connection at once. */
  readonly endConnections: () => void
  /** Connections that are open. */
  readonly connections: () => number
  /** Gives back what is left when it is over: the resolver's sockets. */
  readonly close: () => void
}

/**
 * Decides on a change that is prepared and not yet in force.
 *
 * @param error why this daemon cannot go through with it; undefined where it can
 * @returns why nobody does; undefined where all do. It never rejects
 */
export type Agree = (error: Error | undefined) => Promise<Error | undefined>

/** Where a daemon's configuration comes from. Both throw ERR_CONFIG with every mistake. */
export type ConfigSource = {
  /** Reads it for the start. */
  readonly load: () => Config
  /** Reads it again; null where there is no file, and so nothing to read again. */
  readonly reload: (() => Config) | null
}
