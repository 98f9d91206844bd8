import { parseHostPort } from '../core/host-port.ts'
import { formatIp, parseIp } from '../core/ip.ts'
import type { Endpoint } from '../net/types.ts'
import type { AddrInfo } from './addr-info.ts'
import { readAddrInfo } from './addr-info.ts'
import { invalidArgument } from './invalid-argument.ts'

const ALLOWED =
  'an AddrInfo or the text of an IP address, with a port or with `port` beside it, as 192.0.2.1:443 or [2001:db8::1]:443,'

const unbracketed = (text: string): string =>
  text.startsWith('[') && text.endsWith(']') && text.includes(':') ? text.slice(1, -1) : text

/** Splits a text into an address and an optional port; an IPv6 address with a port needs brackets. */
const split = (text: string): { readonly host: string; readonly port?: number } => {
  const plain = unbracketed(text)
  return parseIp(plain) ? { host: plain } : parseHostPort(text)
}

const readText = (text: string, port: number | undefined, where: string): Endpoint => {
  let found: ReturnType<typeof split>
  try {
    found = split(text)
  } catch {
    throw invalidArgument(where, text, ALLOWED, 'string')
  }
  const ip = parseIp(found.host)
  const ported = found.port ?? port
  if (!ip || ported === undefined) throw invalidArgument(where, text, ALLOWED, 'string')
  return { address: formatIp(ip), family: ip.family, port: ported }
}

/**
 * Reads the caller's addresses.
 *
 * @param port used for texts without a port
 * @throws ERR_INVALID_ARG if one is not an address or has no port, or if the list is empty
 */
export const readAddresses = (
  addresses: readonly (string | AddrInfo)[],
  port: number | undefined,
): Endpoint[] => {
  const where = 'options.addresses'
  if (!Array.isArray(addresses) || addresses.length === 0) {
    throw invalidArgument(where, addresses, 'a list of at least one address', 'array')
  }
  return addresses.map((item: unknown, i) =>
    typeof item === 'string'
      ? readText(item, port, `${where}[${i}]`)
      : readAddrInfo(item, `${where}[${i}]`),
  )
}
