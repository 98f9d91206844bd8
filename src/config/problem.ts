import { fail } from '../core/fail.ts'
import type { Failure } from '../core/fail.ts'

/** The way to a value: keys and places in lists, from the top. */
export type KeyPath = readonly (string | number)[]

/** One thing that is wrong with a value, before it is known which line or flag the value came from. */
export type Finding = {
  readonly path: KeyPath
  /** Whether the key itself is meant, or what it holds. */
  readonly what: 'key' | 'value'
  /** What was found and what is allowed. Never a password. */
  readonly message: string
  /** Set where the trouble is not in the configuration itself but in a file that it names. */
  readonly where?: string
}

/** One thing that is wrong with a configuration. */
export type Problem = {
  /** Where: `file:line:column`, a flag or an environment variable. */
  readonly where: string
  /** The key's path as `formatPath` writes it; empty where the whole is meant. */
  readonly path: string
  /** What was found and what is allowed. Never a password. */
  readonly message: string
}

/** `{ alice:secret }`, where the space is missing, is a key to YAML; what is behind its colon may be a password. */
const withoutValue = (key: string): string => key.replace(/:.*$/s, ':...')

/** The text of a path: `listeners[0].listen`; a key that is no plain word stands in quotes. */
export const formatPath = (path: KeyPath): string =>
  path
    .map((key, i) => {
      if (typeof key === 'number') return `[${key}]`
      if (!/^[\w-]+$/.test(key)) return `[${JSON.stringify(withoutValue(key))}]`
      return i === 0 ? key : `.${key}`
    })
    .join('')

/** One problem as one line. */
export const formatProblem = ({ where, path, message }: Problem): string =>
  [where, path, message].filter(part => part !== '').join(': ')

/** The one failure that holds them all; its message has a line for each. */
export const configFailure = (
  problems: readonly Problem[],
): Failure<{ readonly problems: readonly Problem[] }> =>
  fail('ERR_CONFIG', problems.map(formatProblem).join('\n'), { problems })
