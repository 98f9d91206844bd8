import type { Flag } from '../config/flags.ts'
import type { ReadFile } from '../config/read-file.ts'
import type { Config } from '../config/types.ts'
import type { SocketAddress } from '../core/listen-address.ts'
import type { ConfigSource } from '../daemon/types.ts'
import type { Races } from '../dial/open-races.ts'
import type { DoctorHost } from '../doctor/types.ts'
import type { AdminClient } from './admin-client.ts'
import type { CommandEnd, RunRequest } from './run/types.ts'
import type { Terminal, TerminalEvents } from './top/terminal.ts'

/** One option of a command; absent `default`: it has none. */
export type OptionDefinition = Omit<Flag, 'default'> & { readonly default?: string }

export type PositionalDefinition = {
  readonly name: string
  readonly about: string
  readonly required: boolean
  /** Takes all remaining words. */
  readonly repeated: boolean
  readonly choices?: readonly string[]
}

export type CommandDefinition = {
  readonly name: string
  /** One line for the list of commands in the help. */
  readonly summary: string
  /** A paragraph for the help of this command. */
  readonly about: string
  readonly positionals: readonly PositionalDefinition[]
  readonly options: readonly OptionDefinition[]
  /** The positionals are another command line: they follow `--`, and are no options of eyeballd. */
  readonly isCommandLine?: boolean
  /** Signals stay caught for it; they have their default action for other commands. */
  readonly handlesSignals?: boolean
  /** Example command lines, each with its description. */
  readonly examples: readonly (readonly [line: string, about: string])[]
}

/** The parsed arguments of one command: texts, lists of texts and switches, by the names in the definitions. */
export type Arguments = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** A destination for text output. */
export type Output = {
  readonly write: (text: string) => void
  /** Whether the output is a terminal. */
  readonly isTTY: boolean
  /** The terminal's width in characters; undefined if the output is not a terminal. */
  readonly columns: number | undefined
  /** False once the reader has left; what is written then is discarded. */
  readonly isOpen: () => boolean
}

/** A source of bytes, such as `process.stdin`. */
export type Input = AsyncIterable<Uint8Array | string> & {
  readonly isTTY?: boolean
  /** On a terminal: switches echo and line editing off (`true`) or on (`false`). */
  readonly setRawMode?: (raw: boolean) => unknown
}

/** Sends bytes to an address and resolves to the first `count` bytes of the answer; rejects if fewer arrive. */
export type Exchange = (
  address: SocketAddress,
  bytes: Uint8Array,
  count: number,
  timeoutMs: number,
) => Promise<Uint8Array>

/** Runs the daemon until a signal ends it, and resolves to the exit status. */
export type RunDaemon = (source: ConfigSource) => Promise<number>

/** Everything outside the program that a command uses. */
export type CliIo = {
  readonly stdout: Output
  readonly stderr: Output
  readonly stdin: Input
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile: ReadFile
  /** Writes a whole file; throws the system's errors. */
  readonly writeFile: (path: string, text: string) => void
  readonly exchange: Exchange
  readonly runDaemon: RunDaemon
  /** Runs a command beside a proxy of its own, and resolves when both have ended. */
  readonly runCommand: (request: RunRequest) => Promise<CommandEnd>
  /** Ends this process by a signal; resolves where a signal does not end it, as with process id 1. */
  readonly endBy: (signal: NodeJS.Signals) => Promise<void>
  /** Restores the default action of signals, for commands that do not handle them. */
  readonly releaseSignals: () => Promise<void>
  /** Rejects with ERR_ENGINE if a daemon with this engine cannot start on this host. */
  readonly checkEngine: (engine: Config['pipe']['engine']) => Promise<void>
  /** Asks the admin endpoint of a running daemon. */
  readonly openAdmin: (
    addresses: readonly SocketAddress[],
    token: string | null,
  ) => Promise<AdminClient>
  /** Takes the terminal of standard output. */
  readonly openTerminal: (events: TerminalEvents) => Terminal
  /** Opens a file of any length; reading it rejects with the system's error. */
  readonly openFile: (path: string) => AsyncIterable<Uint8Array | string>
  /** This host for the checks of `doctor`; `close` releases it. */
  readonly openDoctor: (
    config: Config,
  ) => Promise<{ readonly host: DoctorHost; readonly close: () => void }>
  /** Creates the races of `race` and `resolve` from a configuration. */
  readonly openRaces: (config: Config) => Promise<Races>
}

/**
 * Runs a command and resolves to the exit status. A thrown error becomes a message and status 1, or 2 for
 * ERR_CONFIG.
 */
export type RunCommand = (args: Arguments, io: CliIo) => Promise<number>
