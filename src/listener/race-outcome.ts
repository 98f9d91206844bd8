import type { FailureOutcome } from '../core/judge.ts'
import { raceFailure } from '../eyeballs/race/failure.ts'
import type { RaceSummary } from '../eyeballs/race/summary.ts'
import { summarise } from '../eyeballs/race/summary.ts'
import type { DialResult } from '../eyeballs/types.ts'
import type { RejectReason } from './events.ts'
import type { ClientFailure } from './protocol-types.ts'

/** The consequence for the client of a race without a winner. */
export type FailureVerdict = {
  /**
   * Present if nothing was attempted: every candidate was denied, the name is invalid, or too many lookups
   * waited in the queue.
   */
  readonly rejected?: Extract<RejectReason, 'access' | 'loop' | 'address' | 'limit'>
  readonly error: { readonly code: string; readonly message: string }
  readonly outcome: FailureOutcome
  readonly summary: RaceSummary
}

/** Determines the consequence of a failed race. */
export const judgeFailure = (
  result: Extract<DialResult<unknown>, { outcome: 'failed' }>,
): FailureVerdict => {
  const summary = summarise(result.trace)
  const { code, message, attemptCodes } = raceFailure(summary)
  const { attempts, dns } = summary
  const lookupCodes = dns.flatMap(lookup => {
    if (lookup.code !== undefined) return lookup.code
    // If the race reached its deadline before any attempt, the unfinished lookups have failed.
    return lookup.endMs === null && attempts.length === 0 ? 'ETIMEDOUT' : []
  })
  const outcome = raceOutcome(attemptCodes, lookupCodes)
  const verdict = { error: { code, message }, outcome, summary }
  // Unfinished lookups might have found other candidates before the deadline, so the race is not rejected.
  if (result.reason === 'deadline') return verdict
  if (attempts.length === 0) {
    if (lookupCodes.includes('ERR_DNS_LIMIT')) {
      const limit = { code: 'ERR_DNS_LIMIT', message: 'too many DNS lookups wait for their turn' }
      return { error: limit, outcome: 'limit', rejected: 'limit', summary }
    }
    return dns.length > 0 && dns.every(lookup => lookup.code === 'ERR_INVALID_NAME')
      ? { ...verdict, rejected: 'address' }
      : verdict
  }
  if (!attempts.every(attempt => attempt.outcome === 'denied')) return verdict
  return { ...verdict, rejected: attemptCodes.includes('ERR_LOOP') ? 'loop' : 'access' }
}

/** The failure of a race that broke, by an error of the race engine itself. */
export const brokenRace = (error: unknown): ClientFailure => {
  const message = `the race broke: ${error instanceof Error ? error.message : String(error)}`
  return { outcome: 'failed', code: 'ERR_BUG', message }
}

/** Outcome by error code of a failed attempt; any other code means `failed`. */
const OUTCOMES: ReadonlyMap<string, FailureOutcome> = new Map<string, FailureOutcome>([
  ['ERR_ACCESS_DENIED', 'denied'],
  ['ERR_LOOP', 'loop'],
  ['EACCES', 'denied'],
  ['EPERM', 'denied'],
  ['ENETUNREACH', 'network-unreachable'],
  ['ENETDOWN', 'network-unreachable'],
  ['EADDRNOTAVAIL', 'network-unreachable'],
  ['ENODEV', 'network-unreachable'],
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
