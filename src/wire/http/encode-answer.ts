import type { HostPort } from '../../core/host-port.ts'
import { nextHopStatus } from './proxy-status.ts'
import type { RefusalStatus } from './wire.ts'
import { latin1Bytes } from './wire.ts'

/** The reason phrases of RFC 9110 section 15, and of RFC 6585 section 5. */
const PHRASES: Readonly<Record<RefusalStatus, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  405: 'Method Not Allowed',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
}

/** Fields that a status requires (RFC 9110 sections 15.5.6 and 15.5.8; RFC 7617 section 2.1). */
const REQUIRED: Readonly<Partial<Record<RefusalStatus, string>>> = {
  405: 'Allow: CONNECT\r\n',
  407: 'Proxy-Authenticate: Basic realm="eyeballd", charset="UTF-8"\r\n',
}

/** A response of the proxy itself, after which the connection is closed. */
export type Answer = {
  readonly status: RefusalStatus
  /** One line for people. Characters that are not visible ASCII or space are replaced. */
  readonly text: string
  /** The value of Proxy-Status. */
  readonly proxyStatus: string
}

/** Encodes the response to a request that gets no connection (RFC 9112 section 4). */
export const encodeAnswer = ({ status, text, proxyStatus }: Answer): Uint8Array => {
  const body = `${text.replace(/[^ -~]/g, '?')}\n`
  return latin1Bytes(
    `HTTP/1.1 ${status} ${PHRASES[status]}\r\n` +
      'Content-Type: text/plain; charset=utf-8\r\n' +
      `Content-Length: ${body.length}\r\n` +
      `Proxy-Status: ${proxyStatus}\r\n` +
      (REQUIRED[status] ?? '') +
      'Connection: close\r\n\r\n' +
      body,
  )
}

/**
 * Encodes the response to CONNECT whose tunnel is open. It has neither Content-Length nor Transfer-Encoding
 * (RFC 9110 section 9.3.6): the target's bytes follow.
 *
 * @param remote the target's end of the connection
 */
export const encodeConnected = (remote: HostPort): Uint8Array =>
  latin1Bytes(
    `HTTP/1.1 200 Connection established\r\nProxy-Status: ${nextHopStatus(remote)}\r\n\r\n`,
  )
