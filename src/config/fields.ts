import { z } from 'zod'
import { formatDuration, parseDuration } from '../core/duration.ts'
import { fail } from '../core/fail.ts'
import { foundAllowed, kindOf } from './show-value.ts'
import { didYouMean } from './suggest.ts'

/** The argument of zod's error functions. */
type Issue = { readonly input?: unknown }

/** @param words the allowed words, for spelling suggestions */
const allowedIs = (allowed: string, words: readonly string[] = []) => ({
  error: ({ input }: Issue) =>
    foundAllowed(input, allowed) + (typeof input === 'string' ? didYouMean(input, words) : ''),
})

/** Converts a parser that throws into a check: its message becomes the problem. */
export const checkedBy =
  <T>(parse: (value: T) => unknown) =>
  (value: T, context: z.RefinementCtx<T>): void => {
    try {
      parse(value)
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message, input: value })
    }
  }

/** A text that a parser must accept. The message says `allowed` if the value is not a text. */
export const text = (allowed: string, parse: (value: string) => unknown) =>
  z.string(allowedIs(allowed)).superRefine(checkedBy(parse))

/** A number or a text that a parser must accept, such as octal permissions. */
export const numberOrText = (allowed: string, parse: (value: string | number) => unknown) =>
  z.union([z.number(), z.string()], allowedIs(allowed)).superRefine(checkedBy(parse))

/** A parser that accepts texts matching a pattern and changes nothing. */
export const matching =
  (pattern: RegExp, allowed: string) =>
  (value: string | number): void => {
    if (!pattern.test(String(value))) throw fail('ERR_CONFIG', foundAllowed(value, allowed))
  }

/** A text whose value must not appear in any message, only its type. */
export const secret = (allowed: string, parse: (value: string) => unknown) =>
  z
    .string({
      error: ({ input }: Issue) =>
        `found ${kindOf(input)}; allowed: ${allowed}${typeof input === 'number' ? ', in quotes' : ''}`,
    })
    .superRefine(checkedBy(parse))

/** One of several words. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, {
    error: ({ input }: Issue) =>
      foundAllowed(input, words.join(', ')) +
      (typeof input === 'string' ? didYouMean(input, words) : ''),
  })

/** True or false, not in quotes. */
export const flag = (fallback: boolean) => z.boolean(allowedIs('true, false')).prefault(fallback)

/** A mapping from texts to values of one type. */
export const mapping = <Value extends z.ZodType>(key: z.ZodString, value: Value, allowed: string) =>
  z.record(key, value, {
    error: issue =>
      issue.code === 'invalid_key'
        ? undefined
        : `found ${kindOf(issue.input)}; allowed: ${allowed}`,
  })

/** A whole number between two inclusive bounds. */
export const whole = (fallback: number, least: number, most: number) => {
  const range = allowedIs(`a whole number from ${least} to ${most}`)
  return z.int(range).min(least, range).max(most, range).prefault(fallback)
}

/** A whole number between two inclusive bounds, or the word `auto`, which is the default. */
export const wholeOrAuto = (least: number, most: number) => {
  const range = allowedIs(`auto, or a whole number from ${least} to ${most}`, ['auto'])
  return z
    .union([z.literal('auto'), z.int(range).min(least, range).max(most, range)], range)
    .prefault('auto')
}

/** A whole number between two inclusive bounds, or the word `system`, which is the default. */
export const wholeOrSystem = (least: number, most: number) => {
  const range = allowedIs(`system, or a whole number from ${least} to ${most}`, ['system'])
  return z
    .union([z.literal('system'), z.int(range).min(least, range).max(most, range)], range)
    .prefault('system')
}

/** A list, or a single item instead of a list with one item. */
export const oneOrMore = <Item extends z.ZodType>(item: Item, allowed: string) => {
  const several = allowedIs(`${allowed}, or a list of them with at least one`)
  return z.union([item, z.array(item, several).min(1, several)], several)
}

/** A list. If it must not be empty, omit the key to mean "none". */
export const list = <Item extends z.ZodType>(item: Item, allowed: string, least: 0 | 1 = 1) => {
  const several = allowedIs(
    `a list of ${allowed}${least === 1 ? ', at least one (or leave the key out)' : ''}`,
  )
  return z.array(item, several).min(least, several)
}

/** A mapping with exactly these keys allowed. */
export const section = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    // The message shows only the type: a text where a mapping is expected may be a password.
    error: ({ input }: Issue) =>
      `found ${kindOf(input)}; allowed: a mapping with ${Object.keys(shape).join(', ')}`,
  })

const DURATION = 'a duration (250ms, 5s, 2m, 1h30m and the like)'

/** A duration is a text; 0 is the only number allowed, because numbers have no unit. */
const durationText = (allowed: string) =>
  z.union([z.string(), z.literal(0)], {
    error: ({ input }: Issue) => {
      try {
        if (typeof input === 'number') parseDuration(input)
      } catch (error) {
        return (error as Error).message
      }
      return foundAllowed(input, allowed)
    },
  })

const checkDuration =
  (leastMs: number, why: string, mostMs = Infinity) =>
  (value: string | number): void => {
    const ms = parseDuration(value)
    if (ms >= leastMs && ms <= mostMs) return
    const least = formatDuration(leastMs)
    const allowed =
      mostMs === Infinity ? `${least} or more` : `${least} to ${formatDuration(mostMs)}`
    throw fail(
      'ERR_INVALID_DURATION',
      `found ${JSON.stringify(value)}; allowed: ${allowed}${why}`,
      { found: value },
    )
  }

/**
 * A duration with a default.
 *
 * @param leastMs the shortest allowed, in milliseconds
 * @param why added to the message: the reason for the bounds
 * @param mostMs the longest allowed; by default the most that a timer can hold
 */
export const duration = (fallback: string, leastMs = 0, why = '', mostMs?: number) =>
  durationText(DURATION)
    .superRefine(checkedBy(checkDuration(leastMs, why, mostMs)))
    .prefault(fallback)

/** A duration above 0, or the word `off`, which is the default. */
export const durationOrOff = () =>
  durationText(`off, or ${DURATION}`)
    .superRefine(checkedBy(value => value === 'off' || checkDuration(1, '; or off')(value)))
    .prefault('off')

/** A duration between two inclusive bounds, or the word `system`, which is the default. */
export const durationOrSystem = (leastMs: number, mostMs: number) =>
  durationText(`system, or ${DURATION}`)
    .superRefine(
      checkedBy(
        value => value === 'system' || checkDuration(leastMs, '; or system', mostMs)(value),
      ),
    )
    .prefault('system')
