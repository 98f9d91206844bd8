import { fail } from '../../core/fail.ts'
import { formatHostPort, parseHostPort } from '../../core/host-port.ts'
import { formatIp, parseIp } from '../../core/ip.ts'
import type { Endpoint } from '../../net/types.ts'

/** A DNS server. */
export type DnsServer = {
  /** The identity of the server: its address, with the port if that is not 53. */
  readonly text: string
  readonly endpoint: Endpoint
}

const DNS_PORT = 53

const serverAt = (address: string, port: number): DnsServer | undefined => {
  const ip = parseIp(address)
  if (!ip) return undefined
  const host = formatIp(ip)
  return {
    text: port === DNS_PORT ? host : formatHostPort({ host, port }),
    endpoint: { address: host, family: ip.family, port },
  }
}

/** Parses an address without port, as in resolv.conf; undefined if invalid. */
export const serverOf = (address: string): DnsServer | undefined => serverAt(address, DNS_PORT)

/** Parses an address with or without port; undefined if invalid. */
export const readServer = (text: string): DnsServer | undefined => {
  const alone = serverOf(text)
  if (alone) return alone
  try {
    const { host, port } = parseHostPort(text)
    return serverAt(host, port)
  } catch {
    // The text is not an address with a port either.
    return undefined
  }
}

/**
 * Parses configured servers: `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353`,
 * `fe80::53%eth0`.
 *
 * @throws ERR_INVALID_ADDRESS for the first invalid one
 */
export const readServers = (servers: readonly string[]): readonly DnsServer[] =>
  servers.map(text => {
    const server = readServer(text)
    if (server) return server
    throw fail(
      'ERR_INVALID_ADDRESS',
      `"${text}" is not a DNS server; allowed: an IP address, also with a port (192.0.2.53:5353, [2001:db8::53]:5353)`,
      { found: text },
    )
  })
