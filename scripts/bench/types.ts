import type { Owner } from '../../test/fixtures/children.ts'

/** Two origins: one for what is asked for often, and one for bulk, so that neither waits for the other. */
export type OriginPorts = { readonly origin: number; readonly bulk: number }

/** How connections reach an origin; `socksAlone`: by a port for SOCKS alone, where `socks` is one of several protocols. */
export type Way = 'socks' | 'socksAlone' | 'http' | 'forward'

/** What a program finds when it is started. */
export type World = {
  readonly owner: Owner
  /** Where its forwards go, and what its SOCKS clients ask for. */
  readonly ports: OriginPorts
  /** A port of 127.0.0.1 that nobody has. */
  readonly nextPort: () => Promise<number>
  /** For its configuration and its log. */
  readonly directory: string
  /** The most files that a process may have open. */
  readonly openFiles: number
}

/** A program that runs. */
export type Started = {
  /** Its processes; with their children they are the program. */
  readonly pids: readonly number[]
  /** Its ports on 127.0.0.1: for SOCKS, for SOCKS and nothing else, for HTTP, and for a forward to each origin. */
  readonly socks?: number
  readonly socksAlone?: number
  readonly http?: number
  readonly forward?: OriginPorts
  /** From exec to the first answer at each of its ports, in milliseconds. */
  readonly startMs?: number
  /** The command that asks whether it serves, where there is one. */
  readonly healthcheck?: readonly string[]
  /** Throws away what it has written. */
  readonly tidy?: () => void
  readonly stop: () => Promise<void>
}

/** One column of the table. */
export type Contender = {
  readonly name: string
  readonly kind: 'direct' | 'eyeballd' | 'peer'
  /** Of eyeballd: which of its engines, and the version of Node. */
  readonly engine?: string
  readonly node?: string
  readonly version: string
  /** How it is run, in words that can be repeated: command line and configuration. */
  readonly setup: string
  readonly speaks: readonly Way[]
  /** The most idle connections that are tried, if it is to take no more. */
  readonly maxIdle?: number
  readonly start: (world: World) => Promise<Started>
}

/** What one step of one round found of one contender. */
export type Sample = {
  readonly round: number
  readonly step: string
  readonly contender: string
  /** By the name of a measure; empty where it failed. */
  readonly values: Readonly<Record<string, number>>
  /** What went wrong, in words. With values, they count all the same. */
  readonly failure?: string
}

/** All that a run has found, as it is written to a file. */
export type Results = {
  readonly date: string
  readonly machine: Readonly<Record<string, string | number>>
  readonly flags: { readonly rounds: number; readonly seconds: number }
  readonly contenders: readonly Omit<Contender, 'start'>[]
  /** Peers that are not installed, and how to install them. */
  readonly missing: readonly string[]
  readonly samples: readonly Sample[]
}
