import { formatIp, parseIp, unmapIp } from '../core/ip.ts'

/** The kind of a request's host. */
export type TargetKind = 'ipv4' | 'ipv6' | 'domain'

/** A host in the form that the resolver accepts, and its kind. */
export type TargetHost = { readonly host: string; readonly kind: TargetKind }

/**
 * A byte that no host has: control characters including NUL, space, bytes above 0x7e, `%`, `/` and `@`. They
 * truncate or change a name in some resolvers.
 */
const FORBIDDEN = /[^!-~]|[%/@]/

/**
 * The characters of an IP literal. Nearly every name has another one, and need not be parsed as a literal.
 */
const LITERAL = /^[0-9a-fA-F.:[\]]+$/

/** Colons and brackets are allowed only in an IP literal. */
const LITERAL_ONLY = /[[\]:]/

/**
 * Reads the host of a request, whatever the protocol: a name, or an IP literal with or without brackets. A
 * literal is returned in canonical text, an IPv4-mapped one as IPv4; a name is returned unchanged, with its
 * case and trailing dot. The resolver refuses a name or label that is too long.
 *
 * @param text 1 to 255 characters, one for each byte
 * @param refuse creates the error to throw from the first invalid byte and its offset. Its message must not
 *   contain the name, which may hold anything
 */
export const readTargetHost = (
  text: string,
  refuse: (byte: number, at: number) => Error,
): TargetHost => {
  const forbidden = text.search(FORBIDDEN)
  if (forbidden >= 0) throw refuse(text.charCodeAt(forbidden), forbidden)
  if (LITERAL.test(text)) {
    const inside = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
    const ip = parseIp(inside)
    if (ip) {
      const unmapped = unmapIp(ip)
      return { host: formatIp(unmapped), kind: unmapped.family === 4 ? 'ipv4' : 'ipv6' }
    }
  }
  const at = text.search(LITERAL_ONLY)
  if (at >= 0) throw refuse(text.charCodeAt(at), at)
  return { host: text, kind: 'domain' }
}
