import { fail } from './fail.ts'
import { formatHostPort, parseHostPort } from './host-port.ts'
import { formatIp, parseIp, unmapIp } from './ip.ts'

/** Where a listener listens: a TCP address and port (0: any free one), or a UNIX socket's absolute path. */
export type ListenAddress =
  | { readonly type: 'tcp'; readonly host: string; readonly port: number }
  | { readonly type: 'unix'; readonly path: string }

/** The longest path that fits sockaddr_un on Linux, with its closing NUL. */
const UNIX_PATH_MAX_BYTES = 107

/**
 * Reads `host:port`, `[v6]:port` or `unix:/path`. The host is an IP literal; `localhost` stands for
 * both loopback addresses, so that one text can mean two addresses. An IPv4-mapped address is the
 * IPv4 one that it holds.
 *
 * @throws ERR_INVALID_ADDRESS with what was found and what is allowed
 */
export const parseListenAddress = (text: string): readonly ListenAddress[] => {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length)
    if (!path.startsWith('/') || path.includes('\0')) {
      throw fail('ERR_INVALID_ADDRESS', `"${text}" is not a UNIX socket: unix:/absolute/path is`, {
        found: text,
      })
    }
    if (new TextEncoder().encode(path).length > UNIX_PATH_MAX_BYTES) {
      throw fail(
        'ERR_INVALID_ADDRESS',
        `"${text}" is longer than ${UNIX_PATH_MAX_BYTES} bytes, the most that a UNIX socket path can have`,
        { found: text },
      )
    }
    return [{ type: 'unix', path }]
  }
  const { host, port } = parseHostPort(text, 0)
  if (host === 'localhost') {
    return [
      { type: 'tcp', host: '127.0.0.1', port },
      { type: 'tcp', host: '::1', port },
    ]
  }
  const ip = parseIp(host)
  if (!ip) {
    throw fail(
      'ERR_INVALID_ADDRESS',
      `"${text}" is not an address to listen on: an IP address with a port, localhost with a port, or unix:/path is`,
      { found: text },
    )
  }
  return [{ type: 'tcp', host: formatIp(unmapIp(ip)), port }]
}

/** The text of an address, as `parseListenAddress` reads it. */
export const formatListenAddress = (address: ListenAddress): string =>
  address.type === 'unix' ? `unix:${address.path}` : formatHostPort(address)
