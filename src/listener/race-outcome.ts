import type { FailureOutcome } from '../core/failure-outcome.ts'

/** What each code of a failed attempt means; a code that is not here means `failed`. */
const OUTCOMES: ReadonlyMap<string, FailureOutcome> = new Map<string, FailureOutcome>([
  ['ERR_ACCESS_DENIED', 'denied'],
  ['ERR_LOOP', 'loop'],
  ['EACCES', 'denied'],
  ['EPERM', 'denied'],
  ['ENETUNREACH', 'network-unreachable'],
  ['ENETDOWN', 'network-unreachable'],
  ['EADDRNOTAVAIL', 'network-unreachable'],
  ['EHOSTUNREACH', 'host-unreachable'],
  ['EHOSTDOWN', 'host-unreachable'],
  ['ECONNREFUSED', 'refused'],
  ['ECONNRESET', 'refused'],
  // A reset behind a FIN, when both arrive before the system has reported the connection.
  ['EPIPE', 'refused'],
  ['ETIMEDOUT', 'timed-out'],
  ['EAFNOSUPPORT', 'no-family'],
  // Codes that only a lookup has: they mean the same in either list.
  ['ENOTFOUND', 'no-address'],
  ['ENODATA', 'no-address'],
  ['ERR_INVALID_NAME', 'no-address'],
  ['ESERVFAIL', 'dns-failed'],
  ['EREFUSED', 'dns-failed'],
  ['EBADRESP', 'dns-failed'],
  ['EFORMERR', 'dns-failed'],
  ['ENOTIMP', 'dns-failed'],
  ['ECANCELLED', 'dns-failed'],
])

/**
 * Priority where attempts failed for different reasons, the first one wins. `no-family` stands behind all
 * others, as an attempt has it only where the host lacks the family.
 */
const PRIORITY: readonly FailureOutcome[] = [
  'refused',
  'denied',
  'loop',
  'host-unreachable',
  'dns-failed',
  'no-address',
  'network-unreachable',
  'timed-out',
  'no-family',
]

/** A family without an address does not count beside an attempt to the other family. */
const isNoAddress = (code: string): boolean => code === 'ENODATA' || code === 'ENOTFOUND'

/** Of a lookup, ETIMEDOUT and ECONNREFUSED are the DNS server's, not the target's. */
const lookupOutcome = (code: string): FailureOutcome => {
  const outcome = OUTCOMES.get(code)
  return outcome === 'no-address' ? outcome : 'dns-failed'
}

/**
 * Why a race failed, of all reasons the one that says most.
 *
 * @param codes of the failed attempts, in any order; ETIMEDOUT among them for the race's own deadline
 * @param lookupCodes of the failed lookups. ENODATA and ENOTFOUND do not count beside an attempt, and
 *   ERR_DNS_LIMIT says nothing about the name
 */
export const raceOutcome = (
  codes: readonly string[],
  lookupCodes: readonly string[] = [],
): FailureOutcome => {
  const attempts = codes.map(code => OUTCOMES.get(code))
  const lookups = lookupCodes
    .filter(code => code !== 'ERR_DNS_LIMIT' && (codes.length === 0 || !isNoAddress(code)))
    .map(lookupOutcome)
  const found = new Set([...attempts, ...lookups])
  return PRIORITY.find(outcome => found.has(outcome)) ?? 'failed'
}
