import type { FailureOutcome } from '../core/failure-outcome.ts'

/** Outcome by error code of a failed attempt; any other code means `failed`. */
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
  // A FIN and an RST that both arrived before the system reported the connection.
  ['EPIPE', 'refused'],
  ['ETIMEDOUT', 'timed-out'],
  ['EAFNOSUPPORT', 'no-family'],
  // Codes that only lookups have; they mean the same in both lists.
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
 * Reply priority when attempts failed for different reasons. `no-family` is last, because an attempt fails
 * with it only if the host lacks the family.
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

/** If the other family was attempted, a family without addresses is not a reason for the failure. */
const isNoAddress = (code: string): boolean => code === 'ENODATA' || code === 'ENOTFOUND'

/** ETIMEDOUT and ECONNREFUSED of a lookup concern the DNS server, not the target. */
const lookupOutcome = (code: string): FailureOutcome => {
  const outcome = OUTCOMES.get(code)
  return outcome === 'no-address' ? outcome : 'dns-failed'
}

/**
 * Returns the most relevant reason for a failed race, by `PRIORITY`.
 *
 * @param codes of the failed attempts, in any order; ETIMEDOUT also stands for the race's own deadline
 * @param lookupCodes of the failed lookups. ENODATA and ENOTFOUND are ignored if there was an attempt, and
 *   ERR_DNS_LIMIT always, because it says nothing about the name
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
