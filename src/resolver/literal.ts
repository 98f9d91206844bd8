import type { HostNameFault } from '../core/host-port.ts'
import { hostNameFault, LABEL_MAX_CHARACTERS, NAME_MAX_CHARACTERS } from '../core/host-port.ts'
import { formatIp, parseIp, unmapIp } from '../core/ip.ts'
import type { Ip, ReadIp } from '../core/ip.ts'

/** A classified host. */
export type Host =
  /** An IP address. An IPv4-mapped IPv6 address has become its IPv4 address. */
  | { readonly kind: 'literal'; readonly ip: Ip }
  | {
      readonly kind: 'name'
      /** Lower case, without the final dot. */
      readonly name: string
      /** The name ended in a dot: it is fully qualified, and no search domain is appended. */
      readonly absolute: boolean
    }
  /** An invalid host; the message says what was found and what is allowed. */
  | { readonly kind: 'invalid'; readonly message: string }

/** Maximum number of characters of an invalid host in a message, so that no client can fill the log. */
const QUOTED_MAX_CHARACTERS = 64

const invalid = (host: string, problem: string): Host => {
  const shown =
    host.length > QUOTED_MAX_CHARACTERS ? `${host.slice(0, QUOTED_MAX_CHARACTERS)}...` : host
  return { kind: 'invalid', message: `${JSON.stringify(shown)} is not a host: ${problem}` }
}

const readLiteral = (host: string, readIp: ReadIp): Ip | undefined => {
  if (!host.startsWith('[')) return readIp(host)
  const inside = host.endsWith(']') ? readIp(host.slice(1, -1)) : undefined
  return inside?.family === 6 ? inside : undefined
}

const problemOf = (fault: HostNameFault, name: string): string => {
  switch (fault) {
    case 'empty':
      return 'it is empty'
    case 'length':
      return `it has ${name.length} characters, at most ${NAME_MAX_CHARACTERS} are allowed`
    case 'character':
      return 'an IP address, or a name of letters, digits, "-", "_" and "." is allowed (an international name in its xn-- form)'
    case 'empty label':
      return 'it has an empty label'
    case 'label length':
      return `a label has more than ${LABEL_MAX_CHARACTERS} characters`
    case 'number':
      return 'its last label is a number, and an IPv4 address is four decimal numbers from 0 to 255 without leading zeros'
  }
}

/** Distinguishes IP addresses, names and fully qualified names, without any query. */
export const classifyHost = (host: string, readIp: ReadIp = parseIp): Host => {
  const ip = readLiteral(host, readIp)
  if (ip) return { kind: 'literal', ip: unmapIp(ip) }
  const absolute = host.endsWith('.')
  const name = absolute ? host.slice(0, -1) : host
  const fault = hostNameFault(name)
  return fault === undefined
    ? { kind: 'name', name: name.toLowerCase(), absolute }
    : invalid(host, problemOf(fault, name))
}

/** Returns the canonical text of an address, as in `Answer.addresses`; undefined for any other text. */
export const canonicalAddress = (text: string): string | undefined => {
  const ip = parseIp(text)
  return ip && formatIp(ip)
}
