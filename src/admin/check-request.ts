import type { IncomingHttpHeaders } from 'node:http'
import { createHash, timingSafeEqual } from 'node:crypto'
import { withoutBrackets } from '../core/host-port.ts'
import { formatIp, parseIp, unmapIp } from '../core/ip.ts'
import { quote } from '../core/quote.ts'
import { isSpecial } from '../core/special-addresses.ts'
import type { AdminAnswer, AdminRoute } from './routes.ts'

/** RFC 6750 section 2.1; the scheme is case-insensitive (RFC 9110 section 11.1). */
const BEARER = /^bearer +(\S+) *$/i

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * Returns whether a request carries the token, in constant time.
 *
 * @param authorization the header; undefined if there is none
 */
export const hasToken = (authorization: string | undefined, token: string): boolean => {
  const given = BEARER.exec(authorization ?? '')?.[1]
  return given !== undefined && timingSafeEqual(digest(given), digest(token))
}

const canonical = (address: string): string | undefined => {
  const ip = parseIp(address)
  if (!ip) return undefined
  const { family, bytes } = unmapIp(ip)
  return formatIp({ family, bytes })
}

/**
 * Returns whether a Host header names the endpoint itself. After DNS rebinding a browser sends the
 * attacker's name; no page can have an address of this endpoint as its origin.
 *
 * @param host the header; undefined if there is none, as in HTTP/1.0, which no browser sends
 * @param local the local address of the connection
 */
export const isOwnHost = (host: string | undefined, local: string | undefined): boolean => {
  if (host === undefined) return true
  const name = withoutBrackets(host.replace(/:\d*$/, '')).toLowerCase()
  if (name === 'localhost') return true
  const ip = parseIp(name)
  if (!ip) return false
  if (isSpecial('loopback', unmapIp(ip))) return true
  return local !== undefined && canonical(name) === canonical(local)
}

/**
 * Returns whether a request with an Origin comes from a page of this endpoint: browsers send the header with
 * each POST and with each request to another origin (https://fetch.spec.whatwg.org/#origin-header). `https` is
 * that of a proxy in front.
 */
export const isOwnOrigin = (origin: string | undefined, host: string | undefined): boolean => {
  if (origin === undefined) return true
  if (host === undefined) return false
  const own = host.toLowerCase()
  return [`http://${own}`, `https://${own}`].includes(origin.toLowerCase())
}

/**
 * Returns whether a browser sends the request for a page of another origin (W3C Fetch Metadata). Browsers
 * that do not send these fields are bound by the other checks.
 */
const isForeign = (headers: IncomingHttpHeaders, isPage: boolean): boolean => {
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return false
  // The user has followed a link. Frames are forbidden by the page's own policy.
  const isLink =
    headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  return !(isPage && isLink)
}

/** A field that no form of a page can send, nor a script without the consent of this endpoint (CORS). */
export const OWN_HEADER = 'x-eyeballd'

/** What is checked of a request. */
export type CheckedRequest = {
  readonly method: string | undefined
  /** The name of the endpoint that the client has used; undefined if it says none. */
  readonly host: string | undefined
  readonly headers: IncomingHttpHeaders
  /** The local address of its connection. */
  readonly localAddress: string | undefined
  /** On a UNIX socket any Host is allowed, because no browser can reach it. */
  readonly isUnix: boolean
}

const refusal = (status: number, text: string, headers?: Record<string, string>): AdminAnswer => ({
  status,
  text,
  ...(headers && { headers }),
})

const checkMethod = (
  { method, headers }: CheckedRequest,
  route: AdminRoute,
): AdminAnswer | undefined => {
  if (route.method !== 'POST') {
    return method === 'GET' || method === 'HEAD'
      ? undefined
      : refusal(405, `found ${method}; allowed: GET, HEAD`, { Allow: 'GET, HEAD' })
  }
  if (method !== 'POST') return refusal(405, `found ${method}; allowed: POST`, { Allow: 'POST' })
  if (headers[OWN_HEADER] === undefined)
    return refusal(403, 'a POST needs the header X-Eyeballd, with any value')
  const type = (headers['content-type'] ?? '').replace(/;.*$/s, '').trim()
  return type.toLowerCase() === 'application/json'
    ? undefined
    : refusal(415, `Content-Type: found ${quote(type)}; allowed: application/json`)
}

/**
 * Checks whether a request may be answered.
 *
 * @param route undefined if there is none at its path
 * @param token null if none is required
 * @returns the answer that refuses it; undefined if it is permitted
 */
export const checkRequest = (
  request: CheckedRequest,
  route: AdminRoute | undefined,
  token: string | null,
): AdminAnswer | undefined => {
  const { host, headers, localAddress, isUnix } = request
  const { origin } = headers
  const isTrusted = token !== null && hasToken(headers.authorization, token)
  const isPage = route?.isPage === true
  // With a token a request without it gets no data, so any Host does: load balancers send the names that they know.
  const isAnyHost = isTrusted || isUnix || (token !== null && route?.isPublic === true)
  if (!isAnyHost && !isOwnHost(host, localAddress)) {
    const found = quote(host ?? '')
    return refusal(403, `Host: found ${found}; allowed: localhost, or the address of this endpoint`)
  }
  if (!isOwnOrigin(origin, host)) {
    const found = quote(origin ?? '')
    return refusal(403, `Origin: found ${found}; allowed: this endpoint itself`)
  }
  if (isForeign(headers, isPage)) {
    const found = quote(String(headers['sec-fetch-site']))
    return refusal(403, `Sec-Fetch-Site: found ${found}; allowed: a page of this endpoint`)
  }
  if (token !== null && !isTrusted && !route?.isPublic) {
    const found = headers.authorization === undefined ? 'none' : 'another one'
    const text = `Authorization: found ${found}; expected: Bearer, and the token of the configuration (admin.token)`
    return refusal(401, text, { 'WWW-Authenticate': 'Bearer' })
  }
  return route && checkMethod(request, route)
}
