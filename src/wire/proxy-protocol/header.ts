import type { Ip } from '../../core/ip.ts'

/*
 * The PROXY protocol, versions 1 and 2: a header before a connection's first byte, in which a load balancer
 * names the client that it connects (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt).
 */

/** One end of the connection that a header describes. The address has no zone; the port may be 0. */
export type ProxyEnd = { readonly ip: Ip; readonly port: number }

/** The ends of the client's connection to the balancer. */
export type ProxyEnds = { readonly source: ProxyEnd; readonly destination: ProxyEnd }

export type ProxyHeader =
  | ({ readonly type: 'proxied' } & ProxyEnds)
  /** A client without an IP address: UNKNOWN, UNSPEC, a UNIX socket, or datagrams. */
  | { readonly type: 'unknown' }
  /** LOCAL: the balancer itself is the client, as in its health checks. */
  | { readonly type: 'local' }

/** The result of reading some more bytes. */
export type HeaderReading =
  /** So far, the bytes are the start of a header. */
  | { readonly type: 'more' }
  /** @property rest the bytes after the header; may be empty */
  | { readonly type: 'header'; readonly header: ProxyHeader; readonly rest: Uint8Array }
  /** No header can begin with these bytes. @property message what was found, as text for people */
  | { readonly type: 'invalid'; readonly message: string }

/**
 * Takes the next bytes of a connection. It must not be called again once it has returned `header` or
 * `invalid`, and it never throws.
 */
export type ReadHeader = (bytes: Uint8Array) => HeaderReading

/** The first 12 bytes of version 2 (section 2.2). */
export const SIGNATURE: Uint8Array = Uint8Array.from([
  0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
])

/** Size of version 2's fixed part: signature, version and command, family and transport, length. */
export const FIXED_BYTES = 16

/** Version 2 in the upper half of byte 13, with the command in the lower half (section 2.2). */
export const COMMAND = { local: 0x20, proxy: 0x21 } as const

/** Byte 14 of version 2: the family in the upper half, the transport in the lower half (section 2.2). */
export const PROTOCOL = {
  unspecified: 0x00,
  tcp4: 0x11,
  udp4: 0x12,
  tcp6: 0x21,
  udp6: 0x22,
  unixStream: 0x31,
  unixDatagram: 0x32,
} as const
