import type { Sortable } from './destination.ts'
import { readDestinations } from './destination.ts'
import type { PolicyTableName } from './policy-tables.ts'
import { ipv4Policy } from './policy-tables.ts'

/**
 * Whether no IPv4 address can precede this destination by RFC 6724 section 6: its source exists, has the
 * destination's scope and label and is not deprecated (rules 1, 2, 3 and 5), and its precedence is not
 * below that of IPv4 (rule 6). If the host was not asked for the source, rule 6 decides.
 *
 * @param knownLocal as for `sortDestinations`
 * @throws ERR_INVALID_ADDRESS if an address, a source or one of `knownLocal` is not an IP address
 */
export const standsFirst = (
  candidate: Sortable,
  table: PolicyTableName,
  knownLocal?: readonly string[],
): boolean => {
  const [destination] = readDestinations([candidate], table, knownLocal)
  if (!destination) return false
  const { usable, scopeMatches, sourceDeprecated, labelMatches, precedence } = destination
  const isSourceRight =
    candidate.source === undefined || (usable && scopeMatches && !sourceDeprecated && labelMatches)
  return isSourceRight && precedence >= ipv4Policy(table).precedence
}
