import type { LogLevel } from './types.ts'

/** One line of the log, before it is formatted. */
export type Line = {
  readonly level: Exclude<LogLevel, 'silent'>
  /** All fields except level, time and msg, in output order; undefined fields are omitted. */
  readonly fields: { readonly event: string } & Readonly<Record<string, unknown>>
  /** Text for people. */
  readonly msg: string
}
