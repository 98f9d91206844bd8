import { createHash, timingSafeEqual } from 'node:crypto'
import { withoutBrackets } from '../core/host-port.ts'
import { formatIp, parseIp, unmapIp } from '../core/ip.ts'
import { isSpecial } from '../core/special-addresses.ts'

/** RFC 6750 section 2.1; the scheme's case does not matter (RFC 9110 section 11.1). */
const BEARER = /^bearer +(\S+) *$/i

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * Whether a request shows the token. It takes as long for a wrong one as for the right one.
 *
 * @param authorization the header; undefined where there is none
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
 * Whether a Host header names the endpoint itself. A browser that a page has led here by a name of its own
 * (DNS rebinding) sends that name; no page can have an address of this endpoint as its origin.
 *
 * @param host the header; undefined where there is none, as in HTTP/1.0, which no browser speaks
 * @param local the address that the connection came to
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
