import type { AccessTarget, AddressWord, PortRange } from '../../access/types.ts'
import { formatCidr, parseCidr, unmapCidr } from '../../core/cidr.ts'
import { fail } from '../../core/fail.ts'
import { list } from '../collections.ts'
import { matching, numberOrText, oneOf, text } from '../fields.ts'
import { parseName } from '../names.ts'
import { optional, required, section } from '../section.ts'
import { foundAllowed, showValue } from '../problem.ts'
import { didYouMean, suggest } from '../suggest.ts'
import { EGRESS_OVERRIDE } from './egress.ts'
import { cidr } from './listeners.ts'

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
const mistakeOf = (value: string): string | undefined => {
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
 * match nothing; a host with such a name must be written with a final dot. Addresses are compared unmapped.
 *
 * @throws ERR_INVALID_NAME with what was found and what is allowed
 */
export const parseAccessTarget = (value: string): AccessTarget => {
  const word = WORDS.find(known => known === value.toLowerCase())
  if (word) return { type: 'word', word }
  const message = value.includes('.') ? undefined : mistakeOf(value)
  if (message !== undefined) {
    const end = message.endsWith('?') ? '' : '.'
    const host = isName(value) ? `${end} A host of that name is written "${value}."` : ''
    throw fail('ERR_INVALID_NAME', `${message}${host}`, { found: value })
  }
  const prefix = parseCidr(value)
  if (prefix) return { type: 'cidr', cidr: unmapCidr(prefix) }
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

/** A target as it is written; a final dot distinguishes a name of one label from a keyword. */
const formatTarget = (target: AccessTarget): string => {
  if (target.type === 'name') return target.name.includes('.') ? target.name : `${target.name}.`
  if (target.type === 'suffix') return `*${target.suffix}`
  return target.type === 'cidr' ? formatCidr(target.cidr) : target.word
}

const formatPorts = ({ first, last }: PortRange): number | string =>
  first === last ? first : `${first}-${last}`

/** One entry of `access`. */
export const ACCESS_RULE = section({
  action: required(oneOf(['allow', 'deny']), {
    about: 'What happens to an address that the rule matches: `allow` or `deny`',
    example: 'deny',
  }),
  clients: optional(list(cidr, 'addresses and prefixes'), {
    about: 'Addresses and prefixes of clients',
    otherwise: 'every client',
    example: '[192.0.2.0/24]',
  }),
  users: optional(list(text("a user's name", matching(/./s, "a user's name")), "users' names"), {
    about: 'Names of users who logged in',
    otherwise: 'everybody',
    example: '[alice]',
  }),
  to: optional(
    list(text(TO, parseAccessTarget, formatTarget), 'names, *.suffix, addresses, prefixes, words'),
    {
      about:
        'Targets: names, `*.suffix`, addresses, prefixes, or `private`, `loopback`, `link-local`, `metadata`',
      otherwise: 'every target',
      example: '[www.example.com, "*.example.org", 198.51.100.0/24, private]',
    },
  ),
  ports: optional(list(numberOrText(PORTS, parsePorts, formatPorts), 'ports and ranges'), {
    about: 'Ports of the target: 1 to 65535, and ranges such as `8000-8100`',
    otherwise: 'every port',
    example: '[25, 8000-8100]',
  }),
  egress: optional(EGRESS_OVERRIDE, {
    about:
      'Keys of `egress` that replace those of the listener, for addresses that this rule allows',
    otherwise: "the listener's",
    example: '{ bind4: 192.0.2.7 }',
    page: 'egress.md',
  }),
})
