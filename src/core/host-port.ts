import { hint, nearAddress } from './address-hint.ts'
import { fail } from './fail.ts'

/** A host, by name or by address without brackets, and a TCP port. */
export type HostPort = { readonly host: string; readonly port: number }

/** Where a port must lie; a listener may also ask for port 0, any free one. */
const PORT_MAX = 65_535

const refuse = (text: string, message: string): Error =>
  fail('ERR_INVALID_ADDRESS', `"${text}" ${message}`, { found: text })

/**
 * Takes `host:port` or `[v6]:port` apart.
 *
 * @returns undefined for a text of another form
 * @throws ERR_INVALID_ADDRESS where brackets are around something else
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
 * @param text what the port is a part of, for the message
 * @param least the lowest port allowed: 1, or 0 where "any free one" makes sense
 * @throws ERR_INVALID_ADDRESS
 */
export const checkPort = (text: string, port: number, least: 0 | 1): void => {
  if (port >= least && port <= PORT_MAX) return
  throw refuse(text, `has port ${port}: ${least} to ${PORT_MAX} is allowed`)
}

/**
 * Reads `host:port` or `[v6]:port`. Whether the host is a name that can exist is the resolver's to say.
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

/** The text of a host and port, with brackets where the host has colons. */
export const formatHostPort = ({ host, port }: HostPort): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** A host without the brackets that a URL has around IPv6; anything else as it is. */
export const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, '$1')
