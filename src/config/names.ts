import { domainToASCII } from 'node:url'
import { fail } from '../core/fail.ts'
import { hostNameFault, NAME_MAX_CHARACTERS } from '../core/host-port.ts'
import { parseIp } from '../core/ip.ts'
import { showValue } from './problem.ts'

/** DNS allows labels that begin or end with a hyphen; in a configuration they are a mistake (RFC 1123 section 2.1). */
const EDGE_HYPHEN = /(?:^|\.)-|-(?:\.|$)/

/** Whether a text has non-ASCII characters, so that it can only be an international name. */
const isInternational = (text: string): boolean => /[^\0-\x7f]/.test(text)

/** An international name in its xn-- form (UTS #46, RFC 5891), empty if it has none; other texts unchanged. */
const toAscii = (text: string): string => (isInternational(text) ? domainToASCII(text) : text)

/**
 * Checks a DNS name: labels of 1 to 63 letters, digits, `-` and `_`, 253 characters in all, and a last
 * label that is not a number. An international name is checked in its xn-- form.
 *
 * @returns the name in ASCII and lower case, without a final dot
 * @throws ERR_INVALID_NAME with what was found and what is allowed
 */
export const parseName = (text: string): string => {
  const name = toAscii(text).toLowerCase().replace(/\.$/, '')
  const fault = EDGE_HYPHEN.test(name) ? 'character' : hostNameFault(name)
  if (fault === undefined) return name
  if (fault === 'number') {
    const last = name.split('.').at(-1) ?? ''
    throw fail(
      'ERR_INVALID_NAME',
      `${showValue(text)} is not a name: its last label, ${showValue(last)}, is a number, so that it would be ` +
        'read as an IPv4 address; expected a last label that is no number, or all four numbers of an address',
      { found: text },
    )
  }
  const hint = isInternational(text)
    ? '; a name in other letters may be written in its xn-- form (UTS #46), which was not found for this one'
    : ''
  throw fail(
    'ERR_INVALID_NAME',
    `${showValue(text)} is not a name; expected labels of 1 to 63 letters, digits, - and _, joined by dots, ` +
      `${NAME_MAX_CHARACTERS} characters at most${hint}`,
    { found: text },
  )
}

/**
 * Checks a target's host: an IP address, or a name that `parseName` accepts.
 *
 * @returns the host as written, with its final dot; an international name in its xn-- form
 * @throws ERR_INVALID_NAME
 */
export const parseHost = (host: string): string => {
  if (parseIp(host)) return host
  parseName(host)
  return toAscii(host)
}
