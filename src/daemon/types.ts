import type { DaemonView, OwnRaceRequest } from '../admin/daemon-view.ts'
import type { Config } from '../config/types.ts'
import type { LiveSession } from '../listener/live-sessions.ts'
import type { OwnRaceEnd } from '../listener/own-race.ts'
import type { HostDialer } from '../dial/create-dialer.ts'
import type { Log, LogOptions } from '../log/types.ts'
import type { Snapshot } from '../metrics/snapshot.ts'
import type { Listen } from '../net/listen.ts'
import type { Transport } from './create-transport.ts'
import type { ListenerSet } from './listener-set.ts'

export type ApplyOptions = {
  /** An address that cannot be opened is lost, and no error. Default false. */
  readonly lenient?: boolean
}

/** A daemon, of one process or of several. */
export type Daemon = {
  /**
   * Puts a configuration in force, at the start and at each reload. Established connections are unaffected;
   * a connection that has not yet requested its target gets the new rules. If it rejects, nothing has
   * changed, except that addresses may be lost (see `lost`).
   *
   * @throws a Failure if a listener cannot be opened
   */
  readonly apply: (config: Config, options?: ApplyOptions) => Promise<void>
  /**
   * How many addresses of the configuration in force are not open: they had to close for a reload that
   * failed, and could not be opened again. The next `apply` that requests them tries them again.
   */
  readonly lost: () => number
  /** Processes that serve; lost ones that are not replaced yet do not count. */
  readonly processes: () => number
  /** Reports from now on that it is not ready. Connections are still accepted. Absent if nobody can ask. */
  readonly beginDrain?: () => void
  /** Accepts no more connections. Resolves once the listeners are closed. */
  readonly stopAccepting: () => Promise<void>
  /** Resolves once no connection is open. */
  readonly idle: () => Promise<void>
  /** Ends every connection at once. */
  readonly endConnections: () => void
  /** Open connections. */
  readonly connections: () => number
  /** For how long a relay worker of this process has not answered, if one hangs; else 0. Absent: it has none. */
  readonly stalledMs?: () => number
  /** Closes what remains after the last connection: the resolver's sockets. */
  readonly close: () => void
}

/** A daemon of one process. */
export type ProcessDaemon = Daemon & {
  /** The maximum number of concurrent connections in force. */
  readonly limit: () => number
  /** Runs a race for the admin endpoint, by the egress of the first listener. */
  readonly race: (request: OwnRaceRequest, signal: AbortSignal) => Promise<OwnRaceEnd>
  /** The dialers in force, by their path. */
  readonly dialers: () => ReadonlyMap<string, Pick<HostDialer<unknown>, 'history'>>
  /** The listeners in force. */
  readonly listeners: ListenerSet['open']
  /** The open connections, the oldest first. */
  readonly sessions: () => Iterable<LiveSession>
}

/** A daemon with what the admin endpoint shows of it. */
export type ViewedDaemon = Daemon & { readonly view: DaemonView }

/** A daemon of one process, whose metrics can be read at any time. */
export type CountedDaemon = Daemon & {
  readonly view: DaemonView & {
    /** The metrics without those that take time to measure. */
    readonly metrics: () => Snapshot
  }
}

/** The service manager that has started this process, such as systemd. */
export type ServiceManager = {
  /** Every listener is open. */
  readonly ready: () => void
  readonly reloading: () => void
  /** @param error why nothing has changed; null: the configuration is in force */
  readonly reloaded: (error: string | null) => void
  /** The daemon drains, and ends its connections after this time at the latest. */
  readonly draining: (timeoutMs: number) => void
  /** Stops its timers. */
  readonly close: () => void
}

/**
 * Decides whether a prepared change comes into force.
 *
 * @param error why this process cannot apply it; undefined if it can
 * @returns the error for which no process applies it; undefined if all do. It never rejects
 */
export type Agree = (error: Error | undefined) => Promise<Error | undefined>

/** The source of a daemon's configuration. Both functions throw ERR_CONFIG with all mistakes. */
export type ConfigSource = {
  /** Reads it for the start. */
  readonly load: () => Config
  /** Reads it again; null if there is no file. */
  readonly reload: (() => Config) | null
  /** The file, if there is one. */
  readonly path?: string
}

/** The hooks of a daemon in a worker process, which shares its listeners with the others. */
export type WorkerHooks = {
  readonly createLog: (options: LogOptions) => Log
  /** Wraps `listen`, so that all processes use the same addresses. */
  readonly aroundListen: (listen: Listen) => Listen
  /** The suffix of connection ids, unique to this process. */
  readonly idSuffix: string
  /** Whether `apply` counts an address that cannot be opened as lost, not as an error. */
  readonly isLenient: () => boolean
  /** Asks whether all processes can apply a change. */
  readonly agree: Agree
  /** Called with the daemon and its transport before the first `apply`. */
  readonly onAssembled: (daemon: CountedDaemon, transport: Pick<Transport, 'stalledMs'>) => void
}
