import type { LogLevel } from './types.ts'

/** One line of the log before it is written. */
export type Line = {
  readonly level: Exclude<LogLevel, 'silent'>
  /** Everything but level, time and msg, in the order in which it is written; undefined is left out. */
  readonly fields: { readonly event: string } & Readonly<Record<string, unknown>>
  /** For people. */
  readonly msg: string
}
