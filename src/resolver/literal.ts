import { formatIp, parseIp, unmapIp } from '../core/ip.ts'
import type { Ip } from '../core/ip.ts'

/** What the text of a host turned out to be. */
export type Host =
  /** An address. An IPv4-mapped IPv6 address has become the IPv4 address that it holds. */
  | { readonly kind: 'literal'; readonly ip: Ip }
  | {
      readonly kind: 'name'
      /** Lower case, without the final dot. */
      readonly name: string
      /** It ended in a dot: it is complete, and no search domain is put behind it. */
      readonly absolute: boolean
    }
  /** Nothing that may be looked up; the message says what was found and what is allowed. */
  | { readonly kind: 'invalid'; readonly message: string }

/** RFC 1035 section 2.3.4: 255 octets on the wire are 253 characters of text. */
const NAME_MAX_CHARACTERS = 253

/** RFC 1035 section 2.3.4. */
const LABEL_MAX_CHARACTERS = 63

/** How much of a bad host a message quotes, so that no client fills the log with one. */
const QUOTED_MAX_CHARACTERS = 64

const invalid = (host: string, problem: string): Host => {
  const shown =
    host.length > QUOTED_MAX_CHARACTERS ? `${host.slice(0, QUOTED_MAX_CHARACTERS)}...` : host
  return { kind: 'invalid', message: `${JSON.stringify(shown)} is not a host: ${problem}` }
}

const parseLiteral = (host: string): Ip | undefined => {
  if (!host.startsWith('[')) return parseIp(host)
  const inside = host.endsWith(']') ? parseIp(host.slice(1, -1)) : undefined
  return inside?.family === 6 ? inside : undefined
}

/**
 * Tells addresses from names, before anything is asked of anyone.
 *
 * A name is letters, digits, `-` and `_` in labels of 1 to 63 characters, 253 in all, with a final
 * dot or without. Its last label is not a number in any notation: inet_aton takes `127.1`, `0x7f.1`
 * and `2130706433` for addresses, so such a "name" could slip past rules about addresses. A
 * backslash is refused too, because DNS libraries read escapes behind it.
 */
export const classifyHost = (host: string): Host => {
  const ip = parseLiteral(host)
  if (ip) return { kind: 'literal', ip: unmapIp(ip) }

  const absolute = host.endsWith('.')
  const name = absolute ? host.slice(0, -1) : host
  if (name === '') return invalid(host, 'it is empty')
  if (name.length > NAME_MAX_CHARACTERS) {
    return invalid(
      host,
      `it has ${name.length} characters, at most ${NAME_MAX_CHARACTERS} are allowed`,
    )
  }
  if (!/^[A-Za-z0-9._-]+$/.test(name)) {
    return invalid(
      host,
      'an IP address, or a name of letters, digits, "-", "_" and "." is allowed (an international name in its xn-- form)',
    )
  }
  const labels = name.split('.')
  if (labels.includes('')) return invalid(host, 'it has an empty label')
  if (labels.some(label => label.length > LABEL_MAX_CHARACTERS)) {
    return invalid(host, `a label has more than ${LABEL_MAX_CHARACTERS} characters`)
  }
  if (/^(?:\d+|0x[0-9a-f]*)$/i.test(labels.at(-1) ?? '')) {
    return invalid(
      host,
      'its last label is a number, and an IPv4 address is four decimal numbers from 0 to 255 without leading zeros',
    )
  }
  return { kind: 'name', name: name.toLowerCase(), absolute }
}

/** The canonical text of an address as `Answer.addresses` has it, or undefined for text that is none. */
export const canonicalAddress = (text: string): string | undefined => {
  const ip = parseIp(text)
  return ip && formatIp(ip)
}
