import { showValue } from './show-value.ts'

/** What to do about `listen: [::1]:1080`: to YAML, a bracket opens a list. */
export const UNQUOTED_ADDRESS =
  'found an address with brackets that is not quoted; allowed: "[::1]:1080" in quotes, because a bracket begins a list'

/** The code of an alias without its anchor, which the parser does not report as an error of syntax. */
export const UNRESOLVED_ALIAS = 'UNRESOLVED_ALIAS'

// A bracket that no quote opens, around something with two colons or more, and a port behind it.
const BRACKETED = /(?:^|[\s,[{])\[[0-9A-Fa-f:.%\w]*:[0-9A-Fa-f:.]*:[^\]"']*\]:\d/

/** By the parser's own codes; its texts are not used, because they may quote a password. */
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

/** Errors after which the rest of a text still means what it says. */
const HARMLESS: ReadonlySet<string> = new Set([
  'BAD_DQ_ESCAPE',
  'BAD_SCALAR_START',
  'DUPLICATE_KEY',
  'TAG_RESOLVE_FAILED',
  UNRESOLVED_ALIAS,
])

/** Whether the lines without an error can still be believed. */
export const leavesRest = (code: string, message: string): boolean =>
  HARMLESS.has(code) || message === UNQUOTED_ADDRESS

/** What else is known of an error of syntax. */
export type SyntaxDetails = {
  /** The YAML parser's own text. */
  readonly parserText?: string
  /** The key that stands where the error is. */
  readonly key?: string | undefined
}

// For a bracket without its end the parser has no code of its own, only these words.
const UNCLOSED = /^Flow .* must .*\bend with a ([\]}])$/

const unclosed = (bracket: string): string => {
  const what = bracket === ']' ? 'a list in [...]' : 'a mapping in {...}'
  return `found no "${bracket}" before here: ${what} is not closed, or a line of it is not indented enough`
}

/**
 * The message for an error of syntax.
 *
 * @param code the YAML parser's
 * @param line the line of the file that it stands on
 */
export const syntaxMessage = (
  code: string,
  line: string,
  { parserText = '', key }: SyntaxDetails = {},
): string => {
  if (BRACKETED.test(line)) return UNQUOTED_ADDRESS
  const bracket = UNCLOSED.exec(parserText)?.[1]
  if (bracket !== undefined) return unclosed(bracket)
  if (code === 'DUPLICATE_KEY' && key !== undefined) {
    return `found the key ${showValue(key)} for the second time; each may stand once`
  }
  return MESSAGES[code] ?? 'is not YAML: found something that belongs to no key'
}
