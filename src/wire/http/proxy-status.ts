import type { HostPort } from '../../core/host-port.ts'
import { formatHostPort } from '../../core/host-port.ts'
import type { FailureOutcome } from '../../core/judge.ts'

/** The error types of RFC 9209 section 2.3 that eyeballd uses. */
export type ProxyError =
  | 'dns_error'
  | 'dns_timeout'
  | 'connection_refused'
  | 'connection_timeout'
  | 'connection_terminated'
  | 'connection_limit_reached'
  | 'destination_ip_unroutable'
  | 'destination_ip_prohibited'
  | 'http_request_error'
  | 'http_request_denied'
  | 'http_protocol_error'
  | 'http_response_timeout'
  | 'proxy_internal_error'
  | 'proxy_loop_detected'

const ERRORS: Readonly<Record<FailureOutcome, ProxyError>> = {
  denied: 'destination_ip_prohibited',
  'client-denied': 'http_request_denied',
  loop: 'proxy_loop_detected',
  refused: 'connection_refused',
  'host-unreachable': 'destination_ip_unroutable',
  'network-unreachable': 'destination_ip_unroutable',
  'no-family': 'destination_ip_unroutable',
  'timed-out': 'connection_timeout',
  'no-address': 'dns_error',
  'dns-failed': 'dns_error',
  limit: 'connection_limit_reached',
  failed: 'proxy_internal_error',
}

/** The DNS response code behind the code of a failed lookup (RFC 9209 section 2.3.2). */
const RCODES: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'NXDOMAIN'],
  ['ENODATA', 'NOERROR'],
  ['ESERVFAIL', 'SERVFAIL'],
  ['EREFUSED', 'REFUSED'],
  ['EFORMERR', 'FORMERR'],
  ['ENOTIMP', 'NOTIMP'],
])

/**
 * The error type of a failed race.
 *
 * @param code the errno that all attempts share, or the code of the failed lookup
 */
export const proxyError = (outcome: FailureOutcome, code: string): ProxyError => {
  if (outcome === 'dns-failed' && code === 'ETIMEDOUT') return 'dns_timeout'
  const isReset = code === 'ECONNRESET' || code === 'EPIPE'
  return outcome === 'refused' && isReset ? 'connection_terminated' : ERRORS[outcome]
}

/** A string of RFC 8941 section 3.3.3: visible ASCII and space, with `\` before a quote or a backslash. */
const quoted = (text: string): string =>
  `"${text.replace(/[^ -~]/g, '?').replace(/["\\]/g, '\\$&')}"`

/**
 * The value of Proxy-Status (RFC 9209) for a request that failed.
 *
 * @param code as for `proxyError`; it gives a `dns_error` its `rcode`
 */
export const errorStatus = (error: ProxyError, code = ''): string => {
  const rcode = error === 'dns_error' ? RCODES.get(code) : undefined
  return `eyeballd; error=${error}${rcode === undefined ? '' : `; rcode=${quoted(rcode)}`}`
}

/** The value of Proxy-Status for a connection to a target. */
export const nextHopStatus = ({ host, port }: HostPort): string =>
  `eyeballd; next-hop=${quoted(formatHostPort({ host, port }))}`
