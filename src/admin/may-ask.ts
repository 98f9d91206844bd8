import { createHash, timingSafeEqual } from 'node:crypto'
import { withoutBrackets } from '../core/host-port.ts'
import { formatIp, parseIp, unmapIp } from '../core/ip.ts'
import { isSpecial } from '../core/special-addresses.ts'

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
