import { isIPv4 } from 'node:net'

/** RFC 1928 section 4: CONNECT to an IPv4 address or a name, and a port. */
export const socksRequest = (host: string, port: number): Buffer => {
  const place = isIPv4(host)
    ? [1, ...host.split('.').map(Number)]
    : [3, host.length, ...Buffer.from(host, 'latin1')]
  return Buffer.from([5, 1, 0, ...place, port >> 8, port & 0xff])
}

/** RFC 9110 section 9.3.6: CONNECT to a name or an IPv4 address, and a port. */
export const connectRequest = (host: string, port: number): Buffer =>
  Buffer.from(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`, 'latin1')
