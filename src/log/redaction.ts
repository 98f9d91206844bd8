import { formatIp, parseIp, unmapIp } from '../core/ip.ts'

const CENSOR = '[Redacted]'

/** What no line shows, whoever put it there and wherever it stands. */
const ALWAYS = ['password', 'auth'].flatMap(name => [name, `*.${name}`, `*.*.${name}`])

/** Fields with words of the log's own, in which nothing is looked for: what a client calls itself must not change them. */
const OWN_WORDS = new Set(['event', 'outcome', 'reason', 'engine', 'type', 'source', 'protocol'])

/** Of a redacted object, the fields that say who or where. */
const TELLING = new Set(['address', 'host', 'local', 'message'])

export type Redaction = {
  /** The part of pino's options that hides fields. */
  readonly redact: { readonly paths: string[]; readonly censor: (value: unknown) => string }
  /** Masks in the rest of a finished line what stood in its hidden fields. */
  readonly mask: (line: string) => string
}

/** `host:port` and `[v6]:port` without the port; a text without one as it is. */
const hostOf = (text: string): string => /^\[?(.+?)\]?:\d+$/.exec(text)?.[1] ?? text

/** All that a hidden text may be called elsewhere in its line: of several targets each, a host alone, an address in its canonical form. */
const namesOf = (value: string): string[] => {
  const parts = value.split(',').flatMap(part => {
    const host = hostOf(part)
    const ip = parseIp(host)
    const names = [part, host, host.replace(/\.$/, '')]
    return ip ? names.concat(formatIp(ip), formatIp(unmapIp(ip))) : names
  })
  return [value, ...parts].filter(part => part !== '')
}

const textsIn = (value: unknown, key?: string): string[] => {
  if (typeof value === 'string') return key === undefined || TELLING.has(key) ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    textsIn(inner, Array.isArray(value) ? key : name),
  )
}

const escape = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')

/** Matches the texts as whole words, in any case, the longest first: a user called "a" is not every letter of a line. */
const patternOf = (texts: readonly string[]): RegExp => {
  const longestFirst = [...new Set(texts)].toSorted((a, b) => b.length - a.length).map(escape)
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${longestFirst.join('|')})(?![\\p{L}\\p{N}])`, 'giu')
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
 * Hides the fields that the paths name, and what stood in them wherever else it stands in the line: in
 * `msg`, in `error.message`, in lists. pino shows the fields to the censor before the line is written.
 *
 * @param paths `client`, `winner.address`, `attempts[*].address`
 */
export const createRedaction = (paths: readonly string[]): Redaction => {
  let hidden: string[] = []
  return {
    redact: {
      paths: [...new Set([...ALWAYS, ...paths])],
      censor: value => {
        hidden.push(...textsIn(value).flatMap(namesOf))
        return CENSOR
      },
    },
    mask: line => {
      if (hidden.length === 0) return line
      const pattern = patternOf(hidden)
      hidden = []
      return `${JSON.stringify(maskIn(JSON.parse(line), pattern))}\n`
    },
  }
}
