import type { Config } from '../config/types.ts'
import type { ListenAddress } from '../core/listen-address.ts'
import type { ConfigSource } from '../daemon/types.ts'
import type { Races } from '../dial/open-races.ts'

/** One option of a command. */
export type OptionDefinition = {
  /** Without dashes. */
  readonly name: string
  /** One letter, without its dash. */
  readonly alias?: string
  /** `list`: may be given several times. `switch`: has no value. */
  readonly type: 'text' | 'list' | 'switch'
  /** What stands for the value in the help, such as FILE. Absent for a switch. */
  readonly value?: string
  /** For people; without a full stop. */
  readonly about: string
  /** In words, for the help. Absent where nothing is the default. */
  readonly default?: string
  /** Where only a few words are allowed. */
  readonly choices?: readonly string[]
}

export type PositionalDefinition = {
  readonly name: string
  readonly about: string
  readonly required: boolean
  /** Takes all the words that are left. */
  readonly repeated: boolean
  readonly choices?: readonly string[]
}

export type CommandDefinition = {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** A paragraph for the command's own help. */
  readonly about: string
  readonly positionals: readonly PositionalDefinition[]
  readonly options: readonly OptionDefinition[]
  /** Lines that can be typed, each with what it does. */
  readonly examples: readonly (readonly [line: string, about: string])[]
}

/** The words of one command, read: texts, lists of texts and switches, by the names of the definitions. */
export type Arguments = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** Somewhere to write texts to. */
export type Output = {
  readonly write: (text: string) => void
  /** Whether a person looks at it. */
  readonly isTTY: boolean
  /** The terminal's width in characters; undefined where it is none. */
  readonly columns: number | undefined
}

/** Somewhere to read bytes from, as `process.stdin` is. */
export type Input = AsyncIterable<Uint8Array | string> & {
  readonly isTTY?: boolean
  /** On a terminal: switches its own echo and line editing off, and on again. */
  readonly setRawMode?: (raw: boolean) => unknown
}

/** Sends bytes to an address and resolves to the first `count` bytes that come back; rejects where they do not. */
export type Exchange = (
  address: ListenAddress,
  bytes: Uint8Array,
  count: number,
  timeoutMs: number,
) => Promise<Uint8Array>

/** The daemon: runs until a signal ends it, and resolves to the exit status. */
export type RunDaemon = (source: ConfigSource) => Promise<number>

/** All that a command needs of the world. */
export type CliIo = {
  readonly stdout: Output
  readonly stderr: Output
  readonly stdin: Input
  readonly env: Readonly<Record<string, string | undefined>>
  /** Reads a file whole; throws the system's errors. */
  readonly readFile: (path: string) => Uint8Array
  /** Writes a file whole; throws the system's errors. */
  readonly writeFile: (path: string, text: string) => void
  readonly exchange: Exchange
  readonly runDaemon: RunDaemon
  /** Gives signals their default action back: for every command but the daemon. */
  readonly releaseSignals: () => Promise<void>
  /** Throws ERR_ENGINE where a daemon with this engine could not start on this host. */
  readonly checkEngine: (engine: Config['pipe']['engine']) => void
  /** The engine of `race` and `resolve`, as a configuration has it. */
  readonly openRaces: (config: Config) => Races
}

/** A command at work: resolves to the exit status. What it throws becomes a message and status 1, or 2 for ERR_CONFIG. */
export type RunCommand = (args: Arguments, io: CliIo) => Promise<number>
