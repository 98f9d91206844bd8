import { hint, nearListenAddress } from './address-hint.ts'
import { fail } from './fail.ts'
import type { HostPort } from './host-port.ts'
import { checkPort, formatHostPort, splitHostPort } from './host-port.ts'
import { formatIp, parseIp, unmapIp } from './ip.ts'
import { quote } from './quote.ts'

/** An address of one socket: a TCP address and port (0: any free port), or the absolute path of a UNIX socket. */
export type SocketAddress = (
  | { readonly type: 'tcp'; readonly host: string; readonly port: number }
  | { readonly type: 'unix'; readonly path: string }
) & {
  /** The descriptor of the listening socket, if the service manager has passed it (sd_listen_fds(3)). */
  readonly passed?: number
}

/** The address of a listener, or the name of sockets that the service manager passes. */
export type ListenAddress = SocketAddress | { readonly type: 'systemd'; readonly name: string }

/** The longest name of a passed socket (systemd.socket(5), FileDescriptorName=). */
const SYSTEMD_NAME_MAX_CHARACTERS = 255

/** The longest path that fits in sockaddr_un on Linux, without its final NUL. */
const UNIX_PATH_MAX_BYTES = 107

const EXPECTED = 'expected host:port, [ipv6]:port, a port, unix:/path, or systemd:NAME'

/** The port in a hint if the text has none: the registered port of SOCKS. */
const SOCKS_PORT = '1080'

const refuse = (text: string, message: string): Error =>
  fail('ERR_INVALID_ADDRESS', `${quote(text)} ${message}`, { found: text })

const readUnix = (text: string): ListenAddress => {
  const path = text.slice('unix:'.length)
  if (path.startsWith('//')) {
    throw refuse(text, `is not a UNIX socket${hint(nearListenAddress(text, SOCKS_PORT))}`)
  }
  if (!path.startsWith('/') || path.includes('\0')) {
    throw refuse(text, 'is not a UNIX socket; expected unix:/absolute/path')
  }
  if (new TextEncoder().encode(path).length > UNIX_PATH_MAX_BYTES) {
    throw refuse(
      text,
      `is longer than ${UNIX_PATH_MAX_BYTES} bytes, the most that a UNIX socket path can have`,
    )
  }
  return { type: 'unix', path }
}

const readSystemd = (text: string): ListenAddress => {
  const name = text.slice('systemd:'.length)
  // Names in LISTEN_FDNAMES are separated by colons.
  if (!/^[\x20-\x39\x3b-\x7e]+$/.test(name) || name.length > SYSTEMD_NAME_MAX_CHARACTERS) {
    throw refuse(
      text,
      `is not the name of a passed socket; expected systemd: and 1 to ${SYSTEMD_NAME_MAX_CHARACTERS} ASCII characters without colons, as in FileDescriptorName=`,
    )
  }
  return { type: 'systemd', name }
}

/** Reads a host and port; a port alone means `localhost`. */
const readTcp = (text: string, what: string): HostPort => {
  const split = splitHostPort(
    /^:?\d{1,5}$/.test(text) ? `localhost:${text.replace(':', '')}` : text,
  )
  if (!split) {
    const near = hint(nearListenAddress(text, SOCKS_PORT))
    throw refuse(text, `is not ${what}; ${EXPECTED}${near}`)
  }
  checkPort(text, split.port, 0)
  return split
}

const tcp = (host: string, port: number): SocketAddress => ({ type: 'tcp', host, port })

/**
 * Reads `host:port`, `[v6]:port`, `unix:/path` or `systemd:NAME`. The host is an IP literal. One text can mean two
 * addresses: `localhost:port`, `:port` and a port alone mean both loopback addresses, and `*:port` means
 * all addresses of both families. An IPv4-mapped address becomes the IPv4 address in it.
 *
 * @param what what the text should be, for the message
 * @throws ERR_INVALID_ADDRESS with what was found and what is allowed
 */
export const parseListenAddress = (
  text: string,
  what = 'an address to listen on',
): readonly ListenAddress[] => {
  if (text.startsWith('unix:')) return [readUnix(text)]
  if (text.startsWith('systemd:')) return [readSystemd(text)]
  const { host, port } = readTcp(text, what)
  if (host === 'localhost') return [tcp('127.0.0.1', port), tcp('::1', port)]
  if (host === '*') return [tcp('0.0.0.0', port), tcp('::', port)]
  const ip = parseIp(host)
  if (ip) return [tcp(formatIp(unmapIp(ip)), port)]
  throw refuse(
    text,
    `is not ${what}; expected an IP address, localhost or * before the port, found ${quote(host)}`,
  )
}

/** The text of an address, as `parseListenAddress` reads it. */
export const formatListenAddress = (address: ListenAddress): string => {
  if (address.type === 'tcp') return formatHostPort(address)
  return address.type === 'unix' ? `unix:${address.path}` : `systemd:${address.name}`
}

/** The address by which a client of this host reaches a listener: for a wildcard address, that is loopback. */
export const reachableAddress = (address: SocketAddress): SocketAddress => {
  if (address.type === 'unix') return address
  if (address.host === '0.0.0.0') return { ...address, host: '127.0.0.1' }
  return address.host === '::' ? { ...address, host: '::1' } : address
}

/**
 * The addresses of a configuration whose passed sockets have been found.
 *
 * @throws ERR_BUG for the name of sockets that were not looked up
 */
export const socketAddresses = (listen: readonly ListenAddress[]): readonly SocketAddress[] =>
  listen.map(address => {
    if (address.type !== 'systemd') return address
    throw fail('ERR_BUG', `the sockets of ${formatListenAddress(address)} were not looked up`)
  })
