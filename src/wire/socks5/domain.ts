import { fail } from '../../core/fail.ts'
import { formatIp, parseIp, unmapIp } from '../../core/ip.ts'
import { hexByte } from './decode.ts'
import type { TargetKind } from './types.ts'
import { REPLY } from './wire.ts'

/** A host as the resolver takes it, and what it is. */
export type Domain = { readonly host: string; readonly kind: TargetKind }

const SPACE = 0x20
const DELETE = 0x7f

/** `%`, `/` and `@`. */
const REFUSED: ReadonlySet<number> = new Set([0x25, 0x2f, 0x40])

/**
 * Reads the domain of a request (RFC 1928 section 5): a name, or an address in text, with brackets or
 * without.
 * An address comes back in canonical text, v4-mapped unwrapped; a name as it is, its case and
 * trailing dot kept.
 *
 * Refused is what no name holds and what cuts a name short, or turns it into another, in some
 * resolvers: control characters, NUL among them, space, bytes above 0x7e, `%`, `/`, `@`, and colons
 * and brackets that are not an address's.
 *
 * @param bytes 1 to 255 of them
 * @throws ERR_SOCKS_ADDRESS with `found`, the first byte at fault, and `reply`; the name itself,
 *   which may hold anything, is not in the message
 */
export const readDomain = (bytes: Uint8Array): Domain => {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (byte <= SPACE || byte >= DELETE || REFUSED.has(byte)) throw refuse(byte, at)
  }
  // In one call: a text put together of single characters is one of many pieces, which live as long as
  // it; and to spread the bytes takes four times as long.
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

/** What an address in text is made of; nearly every name has another character, and is not parsed as one. */
const LITERAL = /^[0-9a-fA-F.:[\]]+$/

const refuse = (byte: number, at: number): Error =>
  fail(
    'ERR_SOCKS_ADDRESS',
    `the domain of the request has byte ${hexByte(byte)} at place ${at + 1}: a host name or an IP address is allowed`,
    { found: byte, reply: REPLY.hostUnreachable },
  )
