import { inspect } from 'node:util'
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
