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

export type Redaction = {
  /** pino's option to hide fields. */
  readonly redact: { readonly paths: string[]; readonly censor: (value: unknown) => string }
  /** Masks the hidden values in the rest of a finished line. */
  readonly mask: (line: string) => string
}

/** Removes the port from `host:port` and `[v6]:port`; returns a text without a port unchanged. */
const hostOf = (text: string): string => /^\[?(.+?)\]?:\d+$/.exec(text)?.[1] ?? text

/**
 * All forms of a hidden text elsewhere in its line: each of several targets, the host alone, an address in
 * canonical form.
 */
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
  if (typeof value === 'string') return key === undefined || IDENTIFYING.has(key) ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    textsIn(inner, Array.isArray(value) ? key : name),
  )
}

const escape = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')

/**
 * Matches the texts as whole words, ignoring case, longest first: a user called "a" must not match every
 * "a" in a line.
 */
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
 * Hides the given fields, and their values wherever else these occur in the line: in `msg`, in
 * `error.message`, in lists. pino passes the fields to the censor before it writes the line.
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
