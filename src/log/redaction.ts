import type { Ip } from '../core/ip.ts'
import { formatIp, parseIp, unmapIp } from '../core/ip.ts'

const CENSOR = '[Redacted]'

/** Fields that no line shows, at any depth. */
const ALWAYS = ['password', 'auth'].flatMap(name => [name, `*.${name}`, `*.*.${name}`])

/**
 * Fields with eyeballd's own words, which are not searched for hidden values: a client's user name must not
 * change them.
 */
const OWN_WORDS = new Set(['event', 'outcome', 'reason', 'engine', 'type', 'source', 'protocol'])

/** Fields of a redacted object that identify someone or a place. */
const IDENTIFYING = new Set(['address', 'host', 'local', 'message'])

/** What must stand before and behind a hidden text, as lookarounds of a regular expression. */
type Bounds = { readonly before: string; readonly after: string }

/** A part of a regular expression. */
type Pattern = { readonly text: string; readonly bounds: Bounds }

/** A user called "a" must not match every "a" in a line. */
const WORD: Bounds = { before: '(?<![\\p{L}\\p{N}])', after: '(?![\\p{L}\\p{N}])' }

/** A message has the path right behind the target, whose last character may be a digit. */
const PATH: Bounds = { ...WORD, before: '' }

/** A port stands behind its colon. */
const PORT: Bounds = { before: '(?<=:)', after: '(?![\\p{L}\\p{N}:\\]])' }

/** Any other number stands by itself: not as a part of an address. */
const NUMBER: Bounds = {
  before: '(?<![\\p{L}\\p{N}:]|\\d\\.)',
  after: '(?![\\p{L}\\p{N}:]|\\.\\d)',
}

export type Redaction = {
  /** pino's option to hide fields. */
  readonly redact: {
    readonly paths: string[]
    readonly censor: (value: unknown, path: string[]) => string
  }
  /** Masks the hidden values in the rest of a finished line. */
  readonly mask: (line: string) => string
}

/** Removes the port from `host:port` and `[v6]:port`; returns a text without a port unchanged. */
const hostOf = (text: string): string => /^\[?(.+?)\]?:\d+$/.exec(text)?.[1] ?? text

/** The network of an IPv6 client, which stands for it in messages about limits and bans. */
const networkOf = ({ family, bytes }: Ip): string[] => {
  if (family === 4) return []
  const network = new Uint8Array(16)
  network.set(bytes.subarray(0, 8))
  return [`${formatIp({ family, bytes: network })}/64`]
}

/**
 * All forms of a hidden text elsewhere in its line: each of several targets, the host alone, an address in
 * canonical form, without its zone, and as a network.
 */
const namesOf = (value: string): string[] => {
  const parts = value.split(',').flatMap(part => {
    const host = hostOf(part)
    const names = [part, host, host.replace(/\.$/, '')]
    const ip = parseIp(host)
    if (!ip) return names
    const { family, bytes } = ip
    const plain = [ip, unmapIp(ip), { family, bytes }].map(formatIp)
    return names.concat(plain, networkOf(ip))
  })
  return [value, ...parts].filter(part => part !== '')
}

const textsIn = (value: unknown, key?: string): string[] => {
  if (typeof value === 'string') return key === undefined || IDENTIFYING.has(key) ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    textsIn(inner, Array.isArray(value) ? key : name),
  )
}

const escape = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')

/** Messages have durations rounded or in seconds, and sizes in MiB. */
const numbersOf = (value: number, key: string): number[] => {
  if (key.endsWith('Ms')) return [value, Math.round(value), value / 1000]
  return key === 'maxBytes' ? [value, value / 2 ** 20] : [value]
}

/** Patterns for all forms of a hidden value. */
const patternsOf = (value: unknown, key: string): Pattern[] => {
  const [texts, bounds] =
    typeof value === 'number'
      ? [numbersOf(value, key).map(String), key === 'port' ? PORT : NUMBER]
      : [textsIn(value).flatMap(namesOf), key === 'path' ? PATH : WORD]
  return texts.map(text => ({ text, bounds }))
}

/**
 * Matches any of the patterns, ignoring case, the longest first. Neighbours with the same bounds share them, because
 * compiling a class of Unicode takes a quarter of a millisecond.
 */
const join = (patterns: readonly Pattern[]): RegExp => {
  const groups: { readonly bounds: Bounds; readonly texts: Set<string> }[] = []
  for (const { text, bounds } of patterns.toSorted((a, b) => b.text.length - a.text.length)) {
    const last = groups.at(-1)
    if (last?.bounds === bounds) last.texts.add(escape(text))
    else groups.push({ bounds, texts: new Set([escape(text)]) })
  }
  const sources = groups.map(
    ({ bounds: { before, after }, texts }) => `${before}(?:${[...texts].join('|')})${after}`,
  )
  return new RegExp(sources.join('|'), 'giu')
}

/** Texts that are the same in JSON, and whose case is that of ASCII. */
const PLAIN = /^[ !#-[\]-~]*$/

/** Whether a line may have one of the texts, with any bounds: a search that costs little. */
const mayHave = (line: string, patterns: readonly Pattern[]): boolean => {
  // The long s is an s in another case, too.
  const lower = line.toLowerCase().replaceAll('\u017f', 's')
  return patterns.some(({ text }) => !PLAIN.test(text) || lower.includes(text.toLowerCase()))
}

const maskIn = (value: unknown, pattern: RegExp, key = ''): unknown => {
  if (typeof value === 'string') {
    return OWN_WORDS.has(key) ? value : value.replaceAll(pattern, CENSOR)
  }
  if (Array.isArray(value)) return value.map(each => maskIn(each, pattern, key))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, maskIn(inner, pattern, name)]),
  )
}

/**
 * Hides the given fields, and their values wherever else these occur in the line: in `msg`, in
 * `error.message`, in lists. pino passes the fields to the censor before it writes the line.
 *
 * @param paths `client`, `winner.address`, `attempts[*].address`
 */
export const createRedaction = (paths: readonly string[]): Redaction => {
  let hidden: Pattern[] = []
  return {
    redact: {
      paths: [...new Set([...ALWAYS, ...paths])],
      censor: (value, path) => {
        hidden.push(...patternsOf(value, path.at(-1) ?? ''))
        return CENSOR
      },
    },
    mask: line => {
      const found = hidden
      hidden = []
      if (found.length === 0 || !mayHave(line, found)) return line
      const pattern = join(found)
      return `${JSON.stringify(maskIn(JSON.parse(line), pattern))}\n`
    },
  }
}
