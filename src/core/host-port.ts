import { fail } from './fail.ts'

/** A host, by name or by address without brackets, and a TCP port. */
export type HostPort = { readonly host: string; readonly port: number }

/** Where a port must lie; a listener may also ask for port 0, any free one. */
const PORT_MAX = 65_535

/**
 * Reads `host:port` or `[v6]:port`. Whether the host is a name that can exist is the resolver's to say.
 *
 * @param least the lowest port allowed: 1, or 0 where "any free one" makes sense
 * @throws ERR_INVALID_ADDRESS with what was found and what is allowed
 */
export const parseHostPort = (text: string, least: 0 | 1 = 1): HostPort => {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  if (host === undefined || host === '') {
    throw fail('ERR_INVALID_ADDRESS', `"${text}" is not an address: host:port or [ipv6]:port is`, {
      found: text,
    })
  }
  if (match?.[1] !== undefined && !host.includes(':')) {
    throw fail('ERR_INVALID_ADDRESS', `"${text}" has brackets around something that is not IPv6`, {
      found: text,
    })
  }
  const port = Number(match?.[3])
  if (port < least || port > PORT_MAX) {
    throw fail(
      'ERR_INVALID_ADDRESS',
      `"${text}" has port ${port}: ${least} to ${PORT_MAX} is allowed`,
      { found: text },
    )
  }
  return { host, port }
}

/** The text of a host and port, with brackets where the host has colons. */
export const formatHostPort = ({ host, port }: HostPort): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** A host without the brackets that a URL has around IPv6; anything else as it is. */
export const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, '$1')
