import { hint, nearAddress } from './address-hint.ts'
import { fail } from './fail.ts'

/** A host (a name, or an address without brackets) and a TCP port. */
export type HostPort = { readonly host: string; readonly port: number }

/** The highest port; a listener may also use port 0, which means any free port. */
const PORT_MAX = 65_535

const refuse = (text: string, message: string): Error =>
  fail('ERR_INVALID_ADDRESS', `"${text}" ${message}`, { found: text })

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
