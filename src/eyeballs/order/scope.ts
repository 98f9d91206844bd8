import type { Ip } from '../../core/ip.ts'

/**
 * The scope of an address, as the number of a multicast scope in RFC 4291 section 2.7; RFC 6724 section 3.1
 * maps unicast addresses to the same values. A smaller number is a smaller scope. A multicast address may
 * also have a scope between these.
 */
export const SCOPE = { linkLocal: 0x2, siteLocal: 0x5, global: 0xe } as const

const isLoopback6 = (bytes: Uint8Array): boolean => {
  for (let i = 0; i < 15; i++) if (bytes[i] !== 0) return false
  return bytes[15] === 1
}

const scopeOf4 = (bytes: Uint8Array): number => {
  // RFC 6724 section 3.2: private addresses (RFC 1918) have global scope, because NAT may translate them.
  const linkLocal = bytes[0] === 127 || (bytes[0] === 169 && bytes[1] === 254)
  return linkLocal ? SCOPE.linkLocal : SCOPE.global
}

const scopeOf6 = (bytes: Uint8Array): number => {
  const [first = 0, second = 0] = bytes
  // RFC 4291 section 2.7: the low four bits of the second byte are the scope.
  if (first === 0xff) return second & 0x0f
  if (first === 0xfe && (second & 0xc0) === 0x80) return SCOPE.linkLocal // fe80::/10
  if (first === 0xfe && (second & 0xc0) === 0xc0) return SCOPE.siteLocal // fec0::/10
  // RFC 6724 section 3.4: the loopback address has link-local scope.
  return isLoopback6(bytes) ? SCOPE.linkLocal : SCOPE.global
}

/**
 * The scope of an address by RFC 6724 sections 3.1 to 3.4.
 *
 * @param ip not IPv4-mapped: unmap it first
 * @returns 0 to 15; for unicast, a value of `SCOPE`
 */
export const scopeOf = (ip: Ip): number =>
  ip.family === 4 ? scopeOf4(ip.bytes) : scopeOf6(ip.bytes)
