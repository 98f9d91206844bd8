import { inspect } from 'node:util'
import { DURATION_MAX_MS } from '../core/duration.ts'
import type { Failure } from '../core/fail.ts'
import { fail } from '../core/fail.ts'

/** The maximum length of a quoted argument in a message. */
const QUOTED_MAX_CHARACTERS = 64

/** Prints one line and one level, and runs none of the caller's code. */
const INSPECT = {
  depth: 0,
  compact: true,
  breakLength: Infinity,
  maxStringLength: 48,
  maxArrayLength: 8,
  customInspect: false,
} as const

const show = (found: unknown): string => {
  const text = inspect(found, INSPECT)
  return text.length > QUOTED_MAX_CHARACTERS ? `${text.slice(0, QUOTED_MAX_CHARACTERS)}...` : text
}

/** The type that an argument must have before its value is checked. */
type RightType = 'array' | 'boolean' | 'function' | 'number' | 'object' | 'string'

const typeOf = (found: unknown): string => {
  if (found === null) return 'null'
  return Array.isArray(found) ? 'array' : typeof found
}

/**
 * Creates the error for an invalid argument: ERR_INVALID_ARG, a TypeError if the type is wrong, and a
 * RangeError if the value is.
 *
 * @param where the argument, as the caller writes it: `options.timeoutMs`, `addrInfos[2].port`
 * @param allowed what is allowed, in words
 * @param type the right type; if absent, the type is wrong
 */
export const invalidArgument = (
  where: string,
  found: unknown,
  allowed: string,
  type?: RightType,
): Failure => {
  const message = `${where} is ${show(found)}: ${allowed} is allowed`
  const Class = typeOf(found) === type ? RangeError : TypeError
  return fail('ERR_INVALID_ARG', message, { where, found }, undefined, Class)
}

/**
 * Checks that an argument is an object and not an array.
 *
 * @throws ERR_INVALID_ARG
 */
export const checkObject = (found: unknown, where: string, allowed = 'an object'): object => {
  if (typeof found === 'object' && found !== null && !Array.isArray(found)) return found
  throw invalidArgument(where, found, allowed)
}

/**
 * Checks that an argument is one of several words or numbers.
 *
 * @throws ERR_INVALID_ARG
 */
export const checkOneOf = <T extends string | number>(
  found: unknown,
  where: string,
  words: readonly [T, ...T[]],
): T => {
  const word = words.find(each => each === found)
  if (word !== undefined) return word
  const type = typeof words[0] === 'string' ? 'string' : 'number'
  throw invalidArgument(where, found, `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`, type)
}

/**
 * Checks that an argument is a whole number of at least `least`.
 *
 * @throws ERR_INVALID_ARG
 */
export const checkWhole = (found: unknown, where: string, least: number): number => {
  if (Number.isSafeInteger(found) && (found as number) >= least) return found as number
  throw invalidArgument(where, found, `a whole number, ${least} or more,`, 'number')
}

/**
 * Checks a time limit: milliseconds that a timer can hold, or null for no limit.
 *
 * @throws ERR_INVALID_ARG
 */
export const checkLimit = (found: unknown, where: string): number | null => {
  if (found === null) return null
  if (typeof found === 'number' && found >= 0 && found <= DURATION_MAX_MS) return found
  const allowed = `a number of milliseconds from 0 to ${DURATION_MAX_MS}, or null for no limit,`
  throw invalidArgument(where, found, allowed, 'number')
}

/**
 * Checks that an argument is a function or undefined.
 *
 * @throws ERR_INVALID_ARG
 */
export const checkFunction = (found: unknown, where: string): void => {
  if (found === undefined || typeof found === 'function') return
  throw invalidArgument(where, found, 'a function')
}

/**
 * Checks for the DOM's AbortSignal interface, so that signals of other realms are accepted.
 *
 * @throws ERR_INVALID_ARG
 */
export const checkSignal = (found: unknown, where: string): AbortSignal | undefined => {
  if (found === undefined) return undefined
  const isSignal =
    typeof found === 'object' &&
    found !== null &&
    typeof (found as { aborted?: unknown }).aborted === 'boolean' &&
    typeof (found as { addEventListener?: unknown }).addEventListener === 'function'
  if (isSignal) return found as AbortSignal
  throw invalidArgument(where, found, 'an AbortSignal')
}
