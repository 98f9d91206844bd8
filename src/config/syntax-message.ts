import { showValue } from './problem.ts'

/** The message for `listen: [::1]:1080`, in which YAML reads the bracket as a list. */
export const UNQUOTED_ADDRESS =
  'found an address with brackets that is not quoted; allowed: "[::1]:1080" in quotes, because a bracket begins a list'

/** The code for an alias without its anchor, which the parser does not report as a syntax error. */
export const UNRESOLVED_ALIAS = 'UNRESOLVED_ALIAS'

// An unquoted bracket around a short text, followed by a port. The text has at least two colons. Two expressions,
// each with a bound, because one alone takes minutes for a line of colons.
const BRACKETED = /(?:^|[\s,[{])\[([^[\]"']{2,100})\]:\d/g
const IPV6_START = /^[\w:.%]*:[0-9A-Fa-f:.]*:/

const hasBracketedAddress = (line: string): boolean =>
  [...line.matchAll(BRACKETED)].some(([, inside = '']) => IPV6_START.test(inside))

/** Messages by the parser's error codes. The parser's own texts are not used, because they may quote a password. */
const MESSAGES: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'found an anchor or a tag before an alias; allowed: the alias alone',
  BAD_ALIAS: 'found * without a name; a text that begins with * is quoted',
  BAD_DQ_ESCAPE: 'found a backslash that means nothing; in "..." a backslash is written \\\\',
  BAD_INDENT: 'found a line or a closing bracket at the wrong indentation',
  BAD_KEY: 'found a key that is a list, a mapping or __proto__; allowed: a text',
  BAD_PROP_ORDER:
    'found an anchor or a tag in the wrong place; a text that begins with & or ! is quoted',
  BAD_SCALAR_START:
    'found a text that begins with @, `, % or the like; allowed: that text in quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'found a second "key: value" on one line; a text that holds ": " is quoted',
  BLOCK_IN_FLOW: 'found an indented list or mapping inside [...] or {...}',
  DUPLICATE_KEY: 'found a key for the second time; each may stand once',
  KEY_OVER_1024_CHARS: 'found a key of more than 1024 characters',
  MISSING_CHAR: 'found no closing quote, bracket, or comma where one is needed',
  MULTILINE_IMPLICIT_KEY:
    'found a key that goes over several lines; perhaps a ":" or a quote is missing',
  MULTIPLE_DOCS: 'found a second document (---); one is allowed',
  TAB_AS_INDENT: 'found a tab; allowed: spaces at the beginning of a line',
  TAG_RESOLVE_FAILED: 'found a tag; a text that begins with ! is quoted',
  [UNRESOLVED_ALIAS]:
    'found a text that begins with *, which YAML takes for an alias of an anchor (&) that is not there; allowed: the text in quotes, such as "*.example.com"',
}

/** Errors that do not affect the meaning of the rest of the text. */
const HARMLESS: ReadonlySet<string> = new Set([
  'BAD_DQ_ESCAPE',
  'BAD_SCALAR_START',
  'DUPLICATE_KEY',
  'TAG_RESOLVE_FAILED',
  UNRESOLVED_ALIAS,
])

/** Whether the lines without an error are still reliable. */
export const leavesRest = (code: string, message: string): boolean =>
  HARMLESS.has(code) || message === UNQUOTED_ADDRESS

/** More facts about a syntax error. */
export type SyntaxDetails = {
  /** The YAML parser's own message. */
  readonly parserText?: string
  /** The key at the position of the error. */
  readonly key?: string | undefined
}

// The parser has no code for a missing closing bracket, only this text.
const UNCLOSED = /^Flow .* must .*\bend with a ([\]}])$/

const unclosed = (bracket: string): string => {
  const what = bracket === ']' ? 'a list in [...]' : 'a mapping in {...}'
  return `found no "${bracket}" before here: ${what} is not closed, or a line of it is not indented enough`
}

/**
 * The message for a syntax error.
 *
 * @param code the YAML parser's error code
 * @param line the line of the error in the file
 */
export const syntaxMessage = (
  code: string,
  line: string,
  { parserText = '', key }: SyntaxDetails = {},
): string => {
  if (hasBracketedAddress(line)) return UNQUOTED_ADDRESS
  const bracket = UNCLOSED.exec(parserText)?.[1]
  if (bracket !== undefined) return unclosed(bracket)
  if (code === 'DUPLICATE_KEY' && key !== undefined) {
    return `found the key ${showValue(key)} for the second time; each may stand once`
  }
  return MESSAGES[code] ?? 'is not YAML: found something that belongs to no key'
}
