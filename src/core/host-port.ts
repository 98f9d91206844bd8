import { hint, nearAddress } from './address-hint.ts'
import { fail } from './fail.ts'
import { quote } from './quote.ts'

/** RFC 1035 section 2.3.4: 255 octets on the wire are 253 characters of text. */
export const NAME_MAX_CHARACTERS = 253

/** RFC 1035 section 2.3.4. */
export const LABEL_MAX_CHARACTERS = 63

/** Why a text is not a host name. */
export type HostNameFault =
  'empty' | 'length' | 'character' | 'empty label' | 'label length' | 'number'

/**
 * Checks a host name: letters, digits, `-` and `_` in labels of 1 to 63 characters, 253 in all. The last
 * label must not be a number in any notation, because inet_aton reads `127.1`, `0x7f.1` and `2130706433` as
 * addresses, so such a "name" could bypass access rules for addresses. A backslash is refused because DNS
 * libraries read escapes after it.
 *
 * @returns undefined for a valid host name
 */
export const hostNameFault = (name: string): HostNameFault | undefined => {
  if (name === '') return 'empty'
  if (name.length > NAME_MAX_CHARACTERS) return 'length'
  if (!/^[A-Za-z0-9._-]+$/.test(name)) return 'character'
  const labels = name.split('.')
  if (labels.includes('')) return 'empty label'
  if (labels.some(label => label.length > LABEL_MAX_CHARACTERS)) return 'label length'
  return /^(?:\d+|0x[0-9a-f]*)$/i.test(labels.at(-1) ?? '') ? 'number' : undefined
}

/** A host (a name, or an address without brackets) and a TCP port. */
export type HostPort = { readonly host: string; readonly port: number }

/** The highest port; a listener may also use port 0, which means any free port. */
const PORT_MAX = 65_535

const refuse = (text: string, message: string): Error =>
  fail('ERR_INVALID_ADDRESS', `${quote(text)} ${message}`, { found: text })

/**
 * Splits `host:port` or `[v6]:port`.
 *
 * @returns undefined for a text of another form
 * @throws ERR_INVALID_ADDRESS if brackets enclose something other than IPv6
 */
export const splitHostPort = (text: string): HostPort | undefined => {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  if (host === undefined || host === '') return undefined
  if (match?.[1] !== undefined && !host.includes(':')) {
    throw refuse(text, 'has brackets around something that is not IPv6')
  }
  return { host, port: Number(match?.[3]) }
}

/**
 * @param text the whole text, for the message
 * @param least the lowest port allowed: 1, or 0 where port 0 means any free port
 * @throws ERR_INVALID_ADDRESS
 */
export const checkPort = (text: string, port: number, least: 0 | 1): void => {
  if (port >= least && port <= PORT_MAX) return
  throw refuse(text, `has port ${port}: ${least} to ${PORT_MAX} is allowed`)
}

/**
 * Reads `host:port` or `[v6]:port`. The resolver checks whether the host is a valid name.
 *
 * @throws ERR_INVALID_ADDRESS with what was found and what is allowed
 */
export const parseHostPort = (text: string): HostPort => {
  const split = splitHostPort(text)
  if (!split) {
    const near = hint(nearAddress(text, 'PORT'))
    throw refuse(text, `is not an address; expected host:port or [ipv6]:port${near}`)
  }
  checkPort(text, split.port, 1)
  return split
}

/** The text of a host and port; a host with colons gets brackets. */
export const formatHostPort = ({ host, port }: HostPort): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** Removes the brackets that a URL has around IPv6; returns any other host unchanged. */
export const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, '$1')
