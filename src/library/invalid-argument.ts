import { inspect } from 'node:util'
import type { Failure } from '../core/fail.ts'
import { fail } from '../core/fail.ts'

/** How much of a bad argument a message quotes. */
const QUOTED_MAX_CHARACTERS = 64

const show = (found: unknown): string => {
  const text = inspect(found, { depth: 0, breakLength: Infinity, maxStringLength: 48 })
  return text.length > QUOTED_MAX_CHARACTERS ? `${text.slice(0, QUOTED_MAX_CHARACTERS)}...` : text
}

/**
 * The error for an argument of the library that makes no sense: ERR_INVALID_ARG.
 *
 * @param where the argument, as its caller writes it: `options.timeoutMs`, `addrInfos[2].port`
 * @param allowed what it may be, in words
 */
export const invalidArgument = (where: string, found: unknown, allowed: string): Failure =>
  fail('ERR_INVALID_ARG', `${where} is ${show(found)}: ${allowed} is allowed`, { where, found })
