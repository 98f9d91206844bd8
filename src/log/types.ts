import type { Emit } from '../listener/events.ts'

/** What can happen to the daemon itself, beside what happens to its connections. */
export type DaemonEvent =
  /** An address is open. `connections`: the most that are let in at a time. */
  | {
      readonly type: 'listening'
      readonly listener: string
      readonly protocol: string
      /** With the real port. */
      readonly address: string
      readonly connections: number
    }
  /** An address of the defaults that this host does not have. */
  | {
      readonly type: 'skipped'
      readonly listener: string
      readonly address: string
      readonly message: string
    }
  /** What moves the bytes, told once before the first `listening`. `reason`: why it is not the kernel, where it was not told to be so. */
  | {
      readonly type: 'engine'
      readonly engine: 'stream' | 'splice'
      /** Threads of the splice engine; 0 without it. */
      readonly workers: number
      readonly reason?: string
    }
  /**
   * How many connections are let in at a time, by `limits.maxConnections` or by the limit on open files; told
   * before the first `listening`, and after a reload that has changed it.
   */
  | {
      readonly type: 'limit'
      readonly connections: number
      readonly maxConnections: number
      /** The limit on open files; null: none, or not known. */
      readonly openFiles: number | null
    }
  /** The system has no descriptor or no memory left for what was to be done. */
  | {
      readonly type: 'exhausted'
      readonly what: string
      /** EMFILE: this process has none; ENFILE: nobody has; ENOBUFS, ENOMEM: memory. */
      readonly code: string
      /** How often that was so since the line before this one, whatever was to be done. */
      readonly failures: number
    }
  /** A hosts file is longer than what is read of it: names behind that are not known. Told once for each change of it. */
  | { readonly type: 'hosts-cut'; readonly path: string; readonly maxBytes: number }
  /** A thread of the splice engine died, and its connections with it. */
  | {
      readonly type: 'worker-lost'
      readonly reason: string
      readonly connections: number
      /** False where too many have died as they began: then there is no other. */
      readonly replaced: boolean
    }
  /**
   * A reload was asked for. Where it failed, `error` says why, and what was in force stays in force; `lost`
   * counts the addresses of that which are not open. `restart` names the keys that are read at the start only.
   */
  | {
      readonly type: 'reload'
      readonly error?: string
      /** Absent: none. */
      readonly lost?: number
      readonly restart?: readonly string[]
    }
  /** An address in force is not open: it closed for a reload that failed, and could not be opened again. */
  | {
      readonly type: 'listener-lost'
      readonly listener: string
      readonly protocol: string
      readonly address: string
      readonly message: string
    }
  /** No more connections are accepted; those that are open have so long. */
  | {
      readonly type: 'draining'
      readonly signal: string
      readonly connections: number
      readonly timeoutMs: number
      /** True for a Ctrl-C on a terminal: the line says how to stop at once. */
      readonly onTerminal?: boolean
    }
  | { readonly type: 'stopped' }
  /** One of the processes that share the listeners is gone, and another one starts in so long. */
  | {
      readonly type: 'process-lost'
      /** Its process id. */
      readonly process: number
      /** How it ended, for people. */
      readonly reason: string
      /** Connections that it had, as far as is known: as of the last second. */
      readonly connections: number
      readonly restartMs: number
    }
  /** A process serves in the place of one that was lost. */
  | { readonly type: 'process-started'; readonly process: number }
  /** The reader of the log was too slow for so many lines, and is back. */
  | { readonly type: 'dropped'; readonly lines: number }
  /** The daemon cannot go on. */
  | { readonly type: 'fatal'; readonly code: string | null; readonly message: string }

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/** What of the log can be configured, and changed by a reload. */
export type LogOptions = {
  /** Default `info`. */
  readonly level: LogLevel
  /** `auto` (default): pretty on a terminal, else JSON. */
  readonly format: 'json' | 'pretty' | 'auto'
  /** Which races are logged. Default `all`. */
  readonly races: 'all' | 'failed' | 'none'
  /** Fields that are masked, as paths (`client`, `winner.address`). */
  readonly redact: readonly string[]
}

/** The log of a daemon. None of its functions throws or waits for the reader. */
export type Log = {
  readonly emit: Emit
  readonly event: (event: DaemonEvent) => void
  readonly change: (options: LogOptions) => void
  /** Resolves once everything is written, or cannot be. */
  readonly flush: () => Promise<void>
  /** Writes what can be written before the process dies. */
  readonly flushSync: () => void
}
