import { parseHostPort } from '../core/host-port.ts'
import { formatIp, parseIp } from '../core/ip.ts'
import type { Endpoint } from '../net/network.ts'
import { classifyHost } from '../resolver/literal.ts'
import type { AddrInfo } from './addr-info.ts'
import { checkPort, readAddrInfo } from './addr-info.ts'
import { invalidArgument } from './check-argument.ts'

/** The target of `connect`. */
export type ConnectTarget = {
  /**
   * A name, which is looked up as the daemon does it, or an IP address with an optional zone; IPv6 with or
   * without brackets. `localhost` means both loopback addresses. Required unless there are `addresses`.
   */
  readonly host?: string | undefined
  /** 1 to 65535. Required unless all `addresses` have a port. */
  readonly port?: number | undefined
  /**
   * The addresses of `host`, if they are known: they are not looked up, and are raced in their order,
   * interleaved. Texts such as `192.0.2.1`, `2001:db8::1`, `192.0.2.1:443`, `[fe80::1%eth0]:443`, or
   * AddrInfos.
   */
  readonly addresses?: readonly (string | AddrInfo)[] | undefined
}

/** The checked target: a host and port to look up, or addresses with the host and port for error messages. */
export type ReadTarget =
  | { readonly host: string; readonly port: number; readonly addresses: undefined }
  | {
      readonly host: string | null
      readonly port: number | null
      readonly addresses: readonly Endpoint[]
    }

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

const checkHost = (host: unknown): string => {
  const allowed = 'a name or an IP address'
  if (typeof host !== 'string') throw invalidArgument('options.host', host, allowed)
  const found = classifyHost(host)
  if (found.kind === 'invalid') {
    throw invalidArgument('options.host', host, `${allowed} (${found.message})`, 'string')
  }
  return host.startsWith('[') ? host.slice(1, -1) : host
}

/**
 * Checks the target.
 *
 * @throws ERR_INVALID_ARG
 */
export const readTarget = ({ host, port, addresses }: ConnectTarget): ReadTarget => {
  if (addresses === undefined) {
    return { host: checkHost(host), port: checkPort(port, 'options.port', 1), addresses }
  }
  return {
    host: host === undefined ? null : checkHost(host),
    port: port === undefined ? null : checkPort(port, 'options.port', 1),
    addresses: readAddresses(addresses, port),
  }
}
