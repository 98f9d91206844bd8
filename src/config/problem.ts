import type { Failure } from '../core/fail.ts'
import { fail } from '../core/fail.ts'

const SHOWN_MAX_CHARS = 80

/** The type of a value, in the terms of a configuration file. */
export const kindOf = (value: unknown): string => {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (value instanceof Set || value instanceof Map) return 'a set or an ordered mapping'
  if (value instanceof Uint8Array) return 'binary data'
  if (typeof value === 'object') return 'a mapping'
  if (typeof value === 'string') return 'text'
  return typeof value === 'number' ? 'a number' : `a ${typeof value}`
}

/** A value as quoted in messages: texts in quotes and shortened, lists and mappings by their type. */
export const showValue = (value: unknown): string => {
  if (typeof value === 'string') {
    const short = value.length > SHOWN_MAX_CHARS ? `${value.slice(0, SHOWN_MAX_CHARS)}...` : value
    return JSON.stringify(short)
  }
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value)
}

/** The message for a value of the wrong type: what was found and what is allowed. */
export const foundAllowed = (value: unknown, allowed: string): string =>
  value === undefined
    ? `is missing; allowed: ${allowed}`
    : `found ${showValue(value)}; allowed: ${allowed}`

/** The path to a value: keys and list indices, from the top. */
export type KeyPath = readonly (string | number)[]

/** A mistake in a value, before it is known which line or flag set the value. */
export type Finding = {
  readonly path: KeyPath
  /** Whether the mistake is the key itself or its value. */
  readonly what: 'key' | 'value'
  /** What was found and what is allowed. Never a password. */
  readonly message: string
  /** Set if the mistake is in a file that the configuration names. */
  readonly where?: string
}

/** A mistake in a configuration. */
export type Problem = {
  /** The position: `file:line:column`, a flag or an environment variable. */
  readonly where: string
  /** The key's path as `formatPath` writes it; empty for the whole configuration. */
  readonly path: string
  /** What was found and what is allowed. Never a password. */
  readonly message: string
}

/** A position in a text; line and column count from 1. */
export type Place = { readonly line: number; readonly column: number }

/** `file:line:column`, as editors and compilers write it. */
export const formatPlace = (file: string, { line, column }: Place): string =>
  `${file}:${line}:${column}`

/** A problem with its position in the text; null if the position is unknown. */
export type PlacedProblem = Problem & { readonly place: Place | null }

/** YAML reads `{ alice:secret }`, which lacks a space, as a key; the text after its colon may be a password. */
const withoutValue = (key: string): string => key.replace(/:.*$/s, ':...')

/** The text of a path: `listeners[0].listen`; a key that is not a plain word is quoted and shortened. */
export const formatPath = (path: KeyPath): string =>
  path
    .map((key, i) => {
      if (typeof key === 'number') return `[${key}]`
      if (!/^[\w-]{1,80}$/.test(key)) return `[${showValue(withoutValue(key))}]`
      return i === 0 ? key : `.${key}`
    })
    .join('')

/** One problem as one line. */
export const formatProblem = ({ where, path, message }: Problem): string =>
  [where, path, message].filter(part => part !== '').join(': ')

/** One error for all problems; its message has one line for each. */
export const configFailure = (
  problems: readonly Problem[],
): Failure<{ readonly problems: readonly Problem[] }> =>
  fail('ERR_CONFIG', problems.map(formatProblem).join('\n'), { problems })
