import type { FailureOutcome } from '../core/failure-outcome.ts'
import { raceFailure } from '../eyeballs/race/failure.ts'
import type { RaceSummary } from '../eyeballs/race/summary.ts'
import { summarise } from '../eyeballs/race/summary.ts'
import type { DialResult } from '../eyeballs/types.ts'
import type { RejectReason } from './events.ts'
import { raceOutcome } from './race-outcome.ts'

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
