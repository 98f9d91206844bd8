import type { z } from 'zod'
import { parseCidr } from '../../core/cidr.ts'
import { fail } from '../../core/fail.ts'
import { list, matching, numberOrText, oneOf, section, text } from '../fields.ts'
import { parseName } from '../names.ts'
import { foundAllowed } from '../show-value.ts'
import { didYouMean, suggest } from '../suggest.ts'
import type { AccessTarget, AccessWord, PortRange } from '../types.ts'
import { cidr } from './listener.ts'

const WORDS: readonly AccessWord[] = ['private', 'loopback', 'link-local', 'metadata']
const TO = `a name, *.suffix, an address or prefix, or one of ${WORDS.join(', ')}`
const PORTS = "a port from 1 to 65535, or a range such as '8000-8100'"

const isName = (value: string): boolean => {
  try {
    return parseName(value) !== ''
  } catch {
    return false
  }
}

/**
 * Reads one entry of a rule's `to`. Words are taken in any case. A name of one label that is near to a
 * word is most likely that word misspelt, and a rule that denies would then deny nothing: a host that is
 * called so is written with a final dot.
 *
 * @throws ERR_INVALID_NAME with what was found and what is allowed
 */
export const parseAccessTarget = (value: string): AccessTarget => {
  const word = WORDS.find(known => known === value.toLowerCase())
  if (word) return { type: 'word', word }
  if (!value.includes('.') && suggest(value, WORDS) !== undefined) {
    const message = `${foundAllowed(value, TO)}${didYouMean(value, WORDS)}`
    const host = isName(value) ? ` A host of that name is written "${value}."` : ''
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

/** One rule of `access`. */
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
