import type { z } from 'zod'
import type { AccessTarget, AddressWord, PortRange } from '../../access/types.ts'
import { parseCidr } from '../../core/cidr.ts'
import { fail } from '../../core/fail.ts'
import { list, matching, numberOrText, oneOf, section, text } from '../fields.ts'
import { parseName } from '../names.ts'
import { foundAllowed, showValue } from '../show-value.ts'
import { didYouMean, suggest } from '../suggest.ts'
import { cidr } from './listener.ts'

const WORDS: readonly AddressWord[] = ['private', 'loopback', 'link-local', 'metadata']
const TO = `a name, *.suffix, an address or prefix, or one of ${WORDS.join(', ')}`
const PORTS = "a port from 1 to 65535, or a range such as '8000-8100'"

const EVERYTHING: ReadonlySet<string> = new Set(
  `* all any anybody anyone anything anywhere every everybody everyone everything
  everywhere`.split(/\s+/),
)

/**
 * Words that other programs and people use for sets of addresses, without - and _; eyeballd would read them
 * as host names.
 */
const FOREIGN_WORDS: ReadonlySet<string> = new Set(
  `6to4 anycast bogon bogons broadcast cgnat default documentation external global inet inet6 inside
  internal internet intranet ipv4 ipv6 lan link local localnet localnets localnetwork multicast nat64
  nobody none nothing nowhere outside privatenetwork public reserved rfc1918 self shared sitelocal
  special teredo ula unicast uniquelocal unspecified wan world`.split(/\s+/),
)

const isName = (value: string): boolean => {
  try {
    return parseName(value) !== ''
  } catch {
    return false
  }
}

/** Why a text without a dot is most likely not a host name; undefined if it may be one. */
const suspicion = (value: string): string | undefined => {
  const lower = value.toLowerCase()
  if (EVERYTHING.has(lower)) {
    return `found ${showValue(value)}; leave \`to\` out to match everything`
  }
  if (FOREIGN_WORDS.has(lower.replaceAll(/[-_]/g, ''))) {
    return `${showValue(value)} is not a word of access rules; allowed: ${TO}`
  }
  return suggest(value, WORDS) === undefined
    ? undefined
    : `${foundAllowed(value, TO)}${didYouMean(value, WORDS)}`
}

/**
 * Reads one entry of a rule's `to`. Keywords are case-insensitive. A single-label name that is close to a
 * keyword, or a keyword of another program (`all`, `public`), is refused, because a deny rule with it would
 * match nothing; a host with such a name must be written with a final dot.
 *
 * @throws ERR_INVALID_NAME with what was found and what is allowed
 */
export const parseAccessTarget = (value: string): AccessTarget => {
  const word = WORDS.find(known => known === value.toLowerCase())
  if (word) return { type: 'word', word }
  const message = value.includes('.') ? undefined : suspicion(value)
  if (message !== undefined) {
    const end = message.endsWith('?') ? '' : '.'
    const host = isName(value) ? `${end} A host of that name is written "${value}."` : ''
    throw fail('ERR_INVALID_NAME', `${message}${host}`, { found: value })
  }
  const prefix = parseCidr(value)
  if (prefix) return { type: 'cidr', cidr: prefix }
  try {
    return value.startsWith('*.')
      ? { type: 'suffix', suffix: `.${parseName(value.slice(2))}` }
      : { type: 'name', name: parseName(value) }
  } catch (error) {
    throw fail('ERR_INVALID_NAME', foundAllowed(value, TO), { found: value }, error)
  }
}

/**
 * Reads one entry of a rule's `ports`.
 *
 * @throws ERR_CONFIG with what was found and what is allowed
 */
export const parsePorts = (value: string | number): PortRange => {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(value))
  const first = Number(match?.[1] ?? 0)
  const last = Number(match?.[2] ?? first)
  if (first < 1 || last > 65_535 || last < first) {
    throw fail('ERR_CONFIG', foundAllowed(value, PORTS), { found: value })
  }
  return { first, last }
}

export const accessRuleSchema = section({
  action: oneOf(['allow', 'deny']).describe('What happens to a candidate that the rule matches.'),
  clients: list(cidr, 'addresses and prefixes')
    .optional()
    .describe('Client addresses and prefixes. Default: every client.'),
  users: list(text("a user's name", matching(/./s, "a user's name")), "users' names")
    .optional()
    .describe('Users who logged in. Default: everybody.'),
  to: list(text(TO, parseAccessTarget), 'names, *.suffix, addresses, prefixes, words')
    .optional()
    .describe(`Targets: ${TO}. Default: every target.`),
  ports: list(numberOrText(PORTS, parsePorts), 'ports and ranges')
    .optional()
    .describe("Ports of the target: numbers and ranges such as '8000-8100'. Default: every port."),
})

export type AccessRuleInput = z.output<typeof accessRuleSchema>
