import { HIDDEN_PASSWORD } from '../auth/users-file.ts'
import { formatDuration, parseDuration } from '../core/duration.ts'
import { fail } from '../core/fail.ts'
import type { Finding, KeyPath } from './problem.ts'
import { foundAllowed, kindOf } from './problem.ts'
import { didYouMean } from './suggest.ts'

/** A schema in the terms of JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** Receives the mistakes in a value. */
export type Report = (finding: Finding) => void

/** One type of value: how it is read, how it is written, and its description for editors. */
export type Field<Value = unknown, Suffix extends string = string> = {
  /** Converts a written value; if it is wrong, reports every mistake and returns undefined. */
  read(written: unknown, path: KeyPath, report: Report): Value | undefined
  /** Converts a value back to its written form, with passwords hidden; undefined if it is left out. */
  show(value: Value): unknown
  /** The JSON Schema of the written form. */
  readonly jsonSchema: JsonSchema
  /** The allowed words, if nothing else is allowed. */
  readonly words?: readonly string[]
  /** The range of a number or a duration, as descriptions show it. */
  readonly range?: string
  /** The field of each item, if the value is a list. */
  readonly item?: Field
  /** How a flag takes the value: `list` flags are repeatable, a `switch` has no value. */
  readonly takes: 'text' | 'list' | 'switch'
  /** What follows the key's name in the loaded configuration: `Ms` for a duration. */
  readonly suffix: Suffix
}

/** A field whose parser throws an error with the message of the mistake. */
const parsed = <Value>(
  parse: (written: unknown) => Value,
  jsonSchema: JsonSchema,
): Field<Value, ''> => ({
  read: (written, path, report) => {
    try {
      return parse(written)
    } catch (error) {
      report({ path, what: 'value', message: (error as Error).message })
      return undefined
    }
  },
  show: value => value,
  jsonSchema,
  takes: 'text',
  suffix: '',
})

const wrong = (message: string): Error => fail('ERR_CONFIG', message)

/** The error for a value that is not allowed, with the nearest of the allowed words. */
const notAllowed = (found: unknown, allowed: string, words: readonly string[] = []): Error =>
  wrong(foundAllowed(found, allowed) + (typeof found === 'string' ? didYouMean(found, words) : ''))

/** A text that a parser converts. The message says `allowed` if the value is not a text. */
export const text = <Value>(
  allowed: string,
  parse: (written: string) => Value,
  show: (value: Value) => unknown = value => value,
): Field<Value, ''> => ({
  ...parsed(
    written => {
      if (typeof written !== 'string') throw notAllowed(written, allowed)
      return parse(written)
    },
    { type: 'string' },
  ),
  show,
})

/** A number or a text that a parser converts, such as octal permissions. */
export const numberOrText = <Value>(
  allowed: string,
  parse: (written: string | number) => Value,
  show: (value: Value) => unknown = value => value,
): Field<Value, ''> => ({
  ...parsed(
    written => {
      if (typeof written !== 'string' && !Number.isFinite(written))
        throw notAllowed(written, allowed)
      return parse(written as string | number)
    },
    { type: ['number', 'string'] },
  ),
  show,
})

/** A parser that accepts texts matching a pattern and changes nothing. */
export const matching =
  (pattern: RegExp, allowed: string) =>
  <Value extends string | number>(value: Value): Value => {
    if (!pattern.test(String(value))) throw notAllowed(value, allowed)
    return value
  }

/** A text whose value must not appear in any message, only its type. */
export const secret = (
  allowed: string,
  check: (written: string) => unknown,
): Field<string, ''> => ({
  ...parsed(
    written => {
      if (typeof written !== 'string') {
        const quotes = typeof written === 'number' ? ', in quotes' : ''
        throw wrong(`found ${kindOf(written)}; allowed: ${allowed}${quotes}`)
      }
      check(written)
      return written
    },
    { type: 'string' },
  ),
  show: () => HIDDEN_PASSWORD,
})

/** One of several words. */
export const oneOf = <const Words extends readonly string[]>(
  words: Words,
): Field<Words[number], ''> => ({
  ...parsed(
    written => {
      const word = words.find(known => known === written)
      if (word === undefined) throw notAllowed(written, words.join(', '), words)
      return word
    },
    { type: 'string', enum: words },
  ),
  words,
})

/** `true` or `false`, not in quotes. */
export const trueOrFalse = (): Field<boolean, ''> => ({
  ...parsed(
    written => {
      if (typeof written !== 'boolean') throw notAllowed(written, 'true, false')
      return written
    },
    { type: 'boolean' },
  ),
  takes: 'switch',
})

const isWhole = (written: unknown, least: number, most: number): written is number =>
  Number.isSafeInteger(written) && Number(written) >= least && Number(written) <= most

/** A whole number between two inclusive bounds. */
export const whole = (least: number, most: number): Field<number, ''> => ({
  ...parsed(
    written => {
      if (isWhole(written, least, most)) return written
      throw notAllowed(written, `a whole number from ${least} to ${most}`)
    },
    { type: 'integer', minimum: least, maximum: most },
  ),
  range: `${least} to ${most}`,
})

/** A whole number between two inclusive bounds, or a word, which stands for `value`. */
export const wholeOr = <const Value extends string | null>(
  word: string,
  value: Value,
  least: number,
  most: number,
): Field<number | Value, ''> => ({
  ...parsed(
    written => {
      if (written === word) return value
      if (isWhole(written, least, most)) return written
      throw notAllowed(written, `${word}, or a whole number from ${least} to ${most}`, [word])
    },
    { anyOf: [{ const: word }, { type: 'integer', minimum: least, maximum: most }] },
  ),
  show: shown => (shown === value ? word : shown),
  range: `\`${word}\`, or ${least} to ${most}`,
})

const DURATION = 'a duration (250ms, 5s, 2m, 1h30m and the like)'

/** Reads a duration in milliseconds. 0 is the only number allowed, because numbers have no unit. */
const durationMs = (written: unknown, allowed: string): number => {
  if (typeof written === 'string' || typeof written === 'number') return parseDuration(written)
  throw notAllowed(written, allowed)
}

type Bounds = { readonly leastMs: number; readonly mostMs: number }

const rangeOf = ({ leastMs, mostMs }: Bounds): string => {
  const least = formatDuration(leastMs)
  return mostMs === Infinity ? `${least} or more` : `${least} to ${formatDuration(mostMs)}`
}

const checkBounds = (written: unknown, ms: number, bounds: Bounds, why: string): void => {
  if (ms >= bounds.leastMs && ms <= bounds.mostMs) return
  throw wrong(`found ${JSON.stringify(written)}; allowed: ${rangeOf(bounds)}${why}`)
}

const DURATION_SCHEMA = { anyOf: [{ type: 'string' }, { type: 'number', const: 0 }] }

/**
 * A duration, in milliseconds.
 *
 * @param leastMs the shortest allowed, in milliseconds
 * @param why added to the message: the reason for the bounds
 * @param mostMs the longest allowed, in milliseconds; unlimited by default, but no duration exceeds what a
 *   timer can hold
 */
export const duration = (leastMs = 0, why = '', mostMs = Infinity): Field<number, 'Ms'> => ({
  ...parsed(written => {
    const ms = durationMs(written, DURATION)
    checkBounds(written, ms, { leastMs, mostMs }, why)
    return ms
  }, DURATION_SCHEMA),
  show: formatDuration,
  ...(leastMs > 0 ? { range: rangeOf({ leastMs, mostMs }) } : {}),
  suffix: 'Ms',
})

/** A duration of at least 1 ms, or a word, which stands for null. */
export const durationOr = (word: string, mostMs = Infinity): Field<number | null, 'Ms'> => ({
  ...parsed(written => {
    if (written === word) return null
    const ms = durationMs(written, `${word}, or ${DURATION}`)
    checkBounds(written, ms, { leastMs: 1, mostMs }, `; or ${word}`)
    return ms
  }, DURATION_SCHEMA),
  show: ms => (ms === null ? word : formatDuration(ms)),
  range: `\`${word}\`, or ${rangeOf({ leastMs: 1, mostMs })}`,
  suffix: 'Ms',
})
