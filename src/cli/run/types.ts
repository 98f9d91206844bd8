import type { Config } from '../../config/types.ts'
import type { Log } from '../../log/types.ts'

/** Programs that need more than the proxy variables. */
export type ProgramKind = 'java' | 'ssh'

export type RunRequest = {
  /** The command and its arguments, 1 or more. */
  readonly words: readonly string[]
  readonly config: Config
  readonly kinds: ReadonlySet<ProgramKind>
  /** How long connections may end by themselves after the command has ended. */
  readonly drainMs: number
  /** Whether the log is written, to standard error. */
  readonly logs: boolean
  readonly emit: Log['emit']
}

/** How a command ended. */
export type CommandEnd =
  | { readonly type: 'exited'; readonly status: number }
  | { readonly type: 'killed'; readonly signal: NodeJS.Signals }
  /** It never ran: `code` is the system's. */
  | { readonly type: 'not-started'; readonly code: string | null }
