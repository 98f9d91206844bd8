import type { Document, Node } from 'yaml'
import { LineCounter, Scalar, isAlias, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml'
import { isMapping } from './collections.ts'
import type { KeyPath, Place, PlacedProblem } from './problem.ts'
import { configFailure, formatPlace } from './problem.ts'
import type { ReadFile } from './read-file.ts'
import { readConfigText } from './read-file.ts'
import type { SyntaxDetails } from './syntax-message.ts'
import { UNQUOTED_ADDRESS, UNRESOLVED_ALIAS, leavesRest, syntaxMessage } from './syntax-message.ts'

/** A parsed configuration file: its values and their positions. */
export type ConfigDocument = {
  /** Plain values; undefined for an empty file. Values on a line with a problem are meaningless. */
  readonly value: unknown
  /** False if a problem makes the whole `value` meaningless. */
  readonly isReadable: boolean
  /** The position of the key or value at a path, or of its nearest existing parent. */
  readonly locate: (path: KeyPath, what: 'key' | 'value') => Place
  /** YAML errors, in the order of the text. */
  readonly problems: readonly PlacedProblem[]
}

// Nested aliases can make a small file a huge value; 100 is far more than a configuration needs.
const ALIASES_MAX = 100

const NESTED = 'is nested too deeply'
const BAD_ALIASES =
  'has aliases (*name) that multiply; allowed: 100 values by aliases; a text that begins with * is quoted'

// A configuration nests six levels deep. With thousands of levels the YAML parser would overflow the stack,
// which can end the whole process.
const BRACKETS_MAX = 100
const BLOCKS_MAX_CHARS = 200
const DEEP_BLOCKS = new RegExp(String.raw`^[ \t?-]{${BLOCKS_MAX_CHARS}}`, 'm')

/**
 * Finds where a YAML text may nest deeper than any configuration: by open brackets, or by indentation,
 * since each block level needs at least one column. Brackets in quotes are counted too, so the bounds are
 * far above what a configuration needs.
 *
 * @returns the offset of the first bracket or line beyond the bound; undefined if there is none
 */
export const nestingTooDeepAt = (text: string): number | undefined => {
  let open = 0
  for (const { 0: bracket, index } of text.matchAll(/[[\]{}]/g)) {
    open = bracket === '[' || bracket === '{' ? open + 1 : Math.max(0, open - 1)
    if (open > BRACKETS_MAX) return index
  }
  return DEEP_BLOCKS.exec(text)?.index
}

/**
 * The most YAML errors that are reported. A file that is not YAML at all has one in nearly every character, and the
 * daemon serves nothing while it reads a file.
 */
const PROBLEMS_MAX = 100

const unreadable = (file: string, message: string, place: Place | null): ConfigDocument => ({
  value: undefined,
  isReadable: false,
  locate: () => ({ line: 1, column: 1 }),
  problems: [{ where: place ? formatPlace(file, place) : file, path: '', message, place }],
})

const nestedTooDeeply = (file: string, text: string, offset: number): ConfigDocument => {
  const lines = text.slice(0, offset).split('\n')
  const column = (lines.at(-1)?.length ?? 0) + 1
  return unreadable(file, NESTED, { line: lines.length, column })
}

/**
 * Rejects or keeps as text what YAML would misread. `0o600` must stay text: as a number it would be 384,
 * which is not octal. No configuration needs the key `__proto__`. A value that begins with * most likely
 * lacks its quotes.
 */
const prepare = (
  document: Document.Parsed,
  problem: (offset: number, code: string) => void,
): void => {
  const anchors = new Set<string>()
  let aliases = 0
  visit(document, {
    Value: (_, node) => {
      if (node.anchor !== undefined) anchors.add(node.anchor)
    },
    Scalar: (_, node) => {
      if (node.anchor !== undefined) anchors.add(node.anchor)
      if (node.format === 'OCT' && node.source !== undefined) node.value = node.source
    },
    Alias: (_, node) => {
      // The parser would search the whole document for each alias.
      if (++aliases > ALIASES_MAX) throw new RangeError('too many aliases')
      if (anchors.has(node.source)) return undefined
      problem(node.range?.[0] ?? 0, UNRESOLVED_ALIAS)
      return Object.assign(new Scalar(`*${node.source}`), { range: node.range ?? null })
    },
    Pair: (_, { key }) => {
      if (isScalar(key) && key.value !== '__proto__') return
      problem((key as Node | null)?.range?.[0] ?? 0, 'BAD_KEY')
    },
  })
}

/** The key at an offset; undefined if there is none. */
const keyAt = (document: Document.Parsed, offset: number): string | undefined => {
  let found: string | undefined
  visit(document, {
    Pair: (_, { key }) => {
      if (!isScalar(key) || key.range?.[0] !== offset) return undefined
      found = String(key.value)
      return visit.BREAK
    },
  })
  return found
}

type Step = { readonly key: Node | undefined; readonly value: Node | undefined }

const stepInto = (
  document: Document.Parsed,
  node: Node | undefined,
  key: string | number,
): Step => {
  const target = isAlias(node) ? node.resolve(document) : node
  if (isSeq(target)) {
    const item = target.items[Number(key)] as Node | undefined
    return { key: item, value: item }
  }
  const pair = isMap(target)
    ? target.items.findLast(item => isScalar(item.key) && String(item.key.value) === String(key))
    : undefined
  return { key: pair?.key as Node | undefined, value: (pair?.value as Node | null) ?? undefined }
}

const offsetOf = (document: Document.Parsed, path: KeyPath, what: 'key' | 'value'): number => {
  let node: Node | undefined = document.contents ?? undefined
  let offset = node?.range?.[0] ?? 0
  for (const [i, key] of path.entries()) {
    const step = stepInto(document, node, key)
    const last = i === path.length - 1
    const found: Node | undefined = last && what === 'key' ? step.key : (step.value ?? step.key)
    if (!found) return offset
    // An empty value has its own position after its key; the key's position is more useful.
    const empty = isScalar(found) && found.value === null && step.key
    offset = (empty ? step.key : found).range?.[0] ?? offset
    node = step.value
  }
  return offset
}

/**
 * Reads YAML 1.2, which includes JSON. Duplicate keys, unknown tags, a second document and excessive
 * aliases are problems. It never throws, and quotes nothing from the text except keys, because any value
 * may be a password.
 *
 * @param file its name, for the problems
 */
export const readDocument = (text: string, file: string): ConfigDocument => {
  const tooDeep = nestingTooDeepAt(text)
  if (tooDeep !== undefined) return nestedTooDeeply(file, text, tooDeep)
  const lines = new LineCounter()
  const problems = new Map<string, PlacedProblem>()
  /** Error codes after which the rest of the text is unreliable. */
  const spoiling: string[] = []
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const textLines = text.split('\n')
  const problem = (offset: number, code: string, details?: SyntaxDetails): void => {
    if (problems.size >= PROBLEMS_MAX) return void spoiling.push(code)
    const place = placeOf(offset)
    const message = syntaxMessage(code, textLines[place.line - 1] ?? '', details)
    if (!leavesRest(code, message)) spoiling.push(code)
    // One unquoted address causes several syntax errors; only the first on a line is reported.
    const key = message === UNQUOTED_ADDRESS ? `${message}${place.line}` : `${offset}`
    if (problems.has(key)) return
    problems.set(key, { where: formatPlace(file, place), path: '', message, place })
  }
  try {
    const document: Document.Parsed = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
    })
    const errors = [...document.errors, ...document.warnings]
    if (errors.length > PROBLEMS_MAX) spoiling.push(...errors.slice(0, 1).map(({ code }) => code))
    for (const error of errors.slice(0, PROBLEMS_MAX)) {
      const [offset] = error.pos
      const key = error.code === 'DUPLICATE_KEY' ? keyAt(document, offset) : undefined
      problem(offset, error.code, { parserText: error.message, key })
    }
    if (spoiling.length === 0) prepare(document, problem)
    const isReadable = spoiling.length === 0
    const locate: ConfigDocument['locate'] = (path, what) => placeOf(offsetOf(document, path, what))
    const value: unknown = isReadable ? document.toJS({ maxAliasCount: ALIASES_MAX }) : undefined
    return { value: value ?? undefined, isReadable, locate, problems: [...problems.values()] }
  } catch {
    return unreadable(file, BAD_ALIASES, null)
  }
}

/**
 * `admin.listen`, `admin.token` and `admin.tokenFile` of a configuration file, as written there. It reads nothing else from the
 * file, so that the table of keys need not be loaded.
 *
 * @returns undefined for what is not there, or is neither text nor a number
 * @throws ERR_CONFIG if the file cannot be read as YAML
 */
export const readAdmin = (
  file: string,
  readFile: ReadFile,
): {
  readonly listen: string | undefined
  readonly token: string | undefined
  readonly tokenFile: string | undefined
} => {
  const { value, problems } = readDocument(readConfigText(file, readFile), file)
  if (problems.length > 0) throw configFailure(problems)
  const admin = isMapping(value) && isMapping(value.admin) ? value.admin : {}
  const textOf = (found: unknown): string | undefined =>
    typeof found === 'string' || typeof found === 'number' ? String(found) : undefined
  return {
    listen: textOf(admin.listen),
    token: textOf(admin.token),
    tokenFile: textOf(admin.tokenFile),
  }
}
