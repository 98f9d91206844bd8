import { inspect } from 'node:util'
import type { Failure } from '../core/fail.ts'
import { fail } from '../core/fail.ts'

/** How much of a bad argument a message quotes. */
const QUOTED_MAX_CHARACTERS = 64

/** One line, no deeper than the thing itself, and no code of the caller's run for it. */
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

/** What an argument must be before its value can be right or wrong. */
type RightType = 'array' | 'boolean' | 'function' | 'number' | 'object' | 'string'

const typeOf = (found: unknown): string => {
  if (found === null) return 'null'
  return Array.isArray(found) ? 'array' : typeof found
}

/**
 * The error for an argument of the library that makes no sense: ERR_INVALID_ARG, as a TypeError where
 * its type is wrong, and as a RangeError where the value is.
 *
 * @param where the argument, as its caller writes it: `options.timeoutMs`, `addrInfos[2].port`
 * @param allowed what it may be, in words
 * @param type the right type; without one the type is what is wrong
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
