import type { Ip } from '../core/ip.ts'
import { formatIp, parseIp, unmapIp } from '../core/ip.ts'
import type { HiddenText } from './replace-hidden.ts'
import { createReplaceHidden } from './replace-hidden.ts'

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

/** As a whole word: a user called "a" must not match every "a" in a line. */
const isWord: HiddenText['isHidden'] = (before, after) =>
  !/[\p{L}\p{N}]$/u.test(before) && !/^[\p{L}\p{N}]/u.test(after)

/** A message has the path right behind the target, whose last character may be a digit. */
const isPath: HiddenText['isHidden'] = (_, after) => !/^[\p{L}\p{N}]/u.test(after)

/** Behind a colon, and not as a part of an address. */
const isPort: HiddenText['isHidden'] = (before, after) =>
  before.endsWith(':') && !/^[\p{L}\p{N}:\]]/u.test(after)

/** By itself: not as a part of an address. */
const isNumber: HiddenText['isHidden'] = (before, after) =>
  !/(?:[\p{L}\p{N}:]|\d\.)$/u.test(before) && !/^(?:[\p{L}\p{N}:]|\.\d)/u.test(after)

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

/** Messages have durations rounded or in seconds, and sizes in MiB. */
const numbersOf = (value: number, key: string): number[] => {
  if (key.endsWith('Ms')) return [value, Math.round(value), value / 1000]
  return key === 'maxBytes' ? [value, value / 2 ** 20] : [value]
}

/** All forms of a hidden value. */
const hiddenTextsOf = (value: unknown, key: string): HiddenText[] => {
  const [texts, isHidden] =
    typeof value === 'number'
      ? [numbersOf(value, key).map(String), key === 'port' ? isPort : isNumber]
      : [textsIn(value).flatMap(namesOf), key === 'path' ? isPath : isWord]
  return [...new Set(texts)].map(text => ({ text, isHidden }))
}

const maskIn = (value: unknown, replace: (text: string) => string, key = ''): unknown => {
  if (typeof value === 'string') return OWN_WORDS.has(key) ? value : replace(value)
  if (Array.isArray(value)) return value.map(each => maskIn(each, replace, key))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, maskIn(inner, replace, name)]),
  )
}

/**
 * Hides the given fields, and their values wherever else these occur in the line: in `msg`, in
 * `error.message`, in lists. pino passes the fields to the censor before it writes the line.
 *
 * @param paths `client`, `winner.address`, `attempts[*].address`
 */
export const createRedaction = (paths: readonly string[]): Redaction => {
  let hidden: HiddenText[] = []
  return {
    redact: {
      paths: [...new Set([...ALWAYS, ...paths])],
      censor: (value, path) => {
        hidden.push(...hiddenTextsOf(value, path.at(-1) ?? ''))
        return CENSOR
      },
    },
    mask: line => {
      if (hidden.length === 0) return line
      const replace = createReplaceHidden(hidden, CENSOR)
      hidden = []
      return `${JSON.stringify(maskIn(JSON.parse(line), replace))}\n`
    },
  }
}
