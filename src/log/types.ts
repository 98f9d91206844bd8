import type { Emit } from '../listener/events.ts'

/** One line of the log, before it is formatted. */
export type Line = {
  readonly level: Exclude<LogLevel, 'silent'>
  /** All fields except level, time and msg, in output order; undefined fields are omitted. */
  readonly fields: { readonly event: string } & Readonly<Record<string, unknown>>
  /** Text for people. */
  readonly msg: string
}

/** Events of the daemon itself, in contrast to events of its connections. */
export type DaemonEvent =
  /** An address is open. `connections`: the maximum number of concurrent connections. */
  | {
      readonly type: 'listening'
      readonly listener: string
      readonly protocol: string
      /** The address with its real port. */
      readonly address: string
      readonly connections: number
    }
  /** The host does not have this address of the defaults. */
  | {
      readonly type: 'skipped'
      readonly listener: string
      readonly address: string
      readonly message: string
    }
  /** The engine, reported once before the first `listening`. `reason`: why it is `stream`, if it was not configured. */
  | {
      readonly type: 'engine'
      readonly engine: 'stream' | 'splice'
      /** Threads of the splice engine; 0 for the stream engine. */
      readonly workers: number
      readonly reason?: string
    }
  /**
   * The maximum number of concurrent connections, from `limits.maxConnections` or from the limit on open
   * files. Reported before the first `listening`, and after a reload that changed it.
   */
  | {
      readonly type: 'limit'
      readonly connections: number
      readonly maxConnections: number
      /** The limit on open files; null: none, or unknown. */
      readonly openFiles: number | null
    }
  /** The system has no descriptor or no memory left for an operation. */
  | {
      readonly type: 'exhausted'
      readonly what: string
      /** EMFILE: this process has no descriptor left; ENFILE: the system has none; ENOBUFS, ENOMEM: no memory. */
      readonly code: string
      /** How often this happened since the previous such line, in any operation. */
      readonly failures: number
    }
  /** A client is refused for a time, because so many of its logins failed within a minute. */
  | {
      readonly type: 'banned'
      /** Its address, or its network (/64). */
      readonly client: string
      readonly failures: number
      readonly banMs: number
    }
  /**
   * A hosts file is longer than the part that eyeballd reads; names after that part are ignored. Reported
   * once for each change of the file.
   */
  | { readonly type: 'hosts-cut'; readonly path: string; readonly maxBytes: number }
  /** A thread of the splice engine died, with its connections. */
  | {
      readonly type: 'worker-lost'
      readonly reason: string
      readonly connections: number
      /** False after too many threads died at their start: then it is not replaced. */
      readonly replaced: boolean
    }
  /**
   * A reload was requested. If it failed, `error` gives the reason and the previous configuration stays in
   * force; `lost` counts its addresses that are not open. `restart` lists the keys that are read only at
   * start-up.
   */
  | {
      readonly type: 'reload'
      readonly error?: string
      /** Absent: none. */
      readonly lost?: number
      readonly restart?: readonly string[]
    }
  /**
   * A users file has changed and is in force, with so many users added, removed, and with another password; all
   * are 0 after a problem that is over. If it could not be applied, `error` gives the reason, and the previous
   * users stay in force.
   */
  | {
      readonly type: 'users'
      readonly file: string
      readonly error?: string
      readonly added?: number
      readonly removed?: number
      readonly changed?: number
    }
  /** An address in force is not open: it was closed for a reload that failed, and could not be opened again. */
  | {
      readonly type: 'listener-lost'
      readonly listener: string
      readonly protocol: string
      readonly address: string
      readonly message: string
    }
  /** The daemon reports that it is not ready, and accepts connections for this much longer. */
  | {
      readonly type: 'drain-delay'
      readonly signal: string
      readonly delayMs: number
      /** As in `draining`. */
      readonly onTerminal?: boolean
    }
  /** The service manager has passed sockets that no listener uses. Reported when they are others than before. */
  | {
      readonly type: 'passed-unused'
      /** Each with its name and address. */
      readonly sockets: readonly string[]
    }
  /** A relay worker does not answer, so the service manager's watchdog is not fed any more. Reported once. */
  | { readonly type: 'stalled'; readonly durationMs: number }
  /** The daemon accepts no more connections; open ones have this much time left. */
  | {
      readonly type: 'draining'
      readonly signal: string
      readonly connections: number
      readonly timeoutMs: number
      /** True for Ctrl-C on a terminal: the message then explains how to stop at once. */
      readonly onTerminal?: boolean
    }
  /** `connections`: how many could not be ended, if there were any. */
  | { readonly type: 'stopped'; readonly connections?: number }
  /** One of the processes that share the listeners has ended, and a replacement starts after this delay. */
  | {
      readonly type: 'process-lost'
      /** Its process id. */
      readonly process: number
      /** How the process ended, for people. */
      readonly reason: string
      /** Connections of the process, as of its last report, at most a second before. */
      readonly connections: number
      readonly restartMs: number
    }
  /** A replacement for a lost process serves. */
  | { readonly type: 'process-started'; readonly process: number }
  /** The log dropped this many lines because its reader was too slow, and the reader has caught up. */
  | { readonly type: 'dropped'; readonly lines: number }
  /** The daemon cannot continue. */
  | { readonly type: 'fatal'; readonly code: string | null; readonly message: string }

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/** The options of the log, which a reload can change. */
export type LogOptions = {
  /** Default `info`. */
  readonly level: LogLevel
  /** `auto` (default): pretty on a terminal, else JSON. */
  readonly format: 'json' | 'pretty' | 'auto'
  /** Which races are logged. Default `all`. */
  readonly races: 'all' | 'failed' | 'none'
  /** Paths of the fields to mask (`client`, `winner.address`). */
  readonly redact: readonly string[]
}

/** The log of a daemon. Its functions never throw and never wait for the reader. */
export type Log = {
  readonly emit: Emit
  readonly event: (event: DaemonEvent) => void
  readonly change: (options: LogOptions) => void
  /** Lines that were dropped so far, because their reader was too slow or gone. */
  readonly dropped: () => number
  /** Resolves once everything is written or cannot be written. */
  readonly flush: () => Promise<void>
  /** Writes as much as possible before the process exits. */
  readonly flushSync: () => void
}
