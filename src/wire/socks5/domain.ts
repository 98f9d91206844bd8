import { fail } from '../../core/fail.ts'
import { formatIp, parseIp, unmapIp } from '../../core/ip.ts'
import { hexByte } from './decode.ts'
import type { TargetKind } from './types.ts'
import { REPLY } from './wire.ts'

/** A host in the form that the resolver accepts, and its kind. */
export type Domain = { readonly host: string; readonly kind: TargetKind }

const SPACE = 0x20
const DELETE = 0x7f

/** Forbidden characters: `%`, `/` and `@`. */
const REFUSED: ReadonlySet<number> = new Set([0x25, 0x2f, 0x40])

/**
 * Decodes the domain of a request (RFC 1928 section 5): a name, or an IP literal with or without brackets.
 * A literal is returned in canonical text, an IPv4-mapped one as IPv4; a name is returned unchanged, with
 * its case and trailing dot.
 *
 * It refuses bytes that no name contains, and that truncate or change a name in some resolvers: control
 * characters including NUL, space, bytes above 0x7e, `%`, `/`, `@`, and colons and brackets outside an IP
 * literal.
 *
 * @param bytes 1 to 255 bytes
 * @throws ERR_SOCKS_ADDRESS with `found`, the first invalid byte, and `reply`; the message does not contain
 *   the name, which may hold anything
 */
export const readDomain = (bytes: Uint8Array): Domain => {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (byte <= SPACE || byte >= DELETE || REFUSED.has(byte)) throw refuse(byte, at)
  }
  // One call for all bytes: a string concatenated from single characters keeps all its pieces in memory,
  // and spreading the bytes takes four times as long.
  const text = Reflect.apply(String.fromCharCode, null, bytes) as string
  if (LITERAL.test(text)) {
    const inside = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
    const ip = parseIp(inside)
    if (ip) {
      const unmapped = unmapIp(ip)
      return { host: formatIp(unmapped), kind: unmapped.family === 4 ? 'ipv4' : 'ipv6' }
    }
  }
  const at = text.search(/[[\]:]/)
  if (at >= 0) throw refuse(text.charCodeAt(at), at)
  return { host: text, kind: 'domain' }
}

/**
 * The characters of an IP literal. Nearly every name has another one, and need not be parsed as a literal.
 */
const LITERAL = /^[0-9a-fA-F.:[\]]+$/

const refuse = (byte: number, at: number): Error =>
  fail(
    'ERR_SOCKS_ADDRESS',
    `the domain of the request has byte ${hexByte(byte)} at place ${at + 1}: a host name or an IP address is allowed`,
    { found: byte, reply: REPLY.hostUnreachable },
  )
