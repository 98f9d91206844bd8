import type { RaceSummary } from './summary.ts'

/** The headline of a race that failed, and the codes of its parts. */
export type RaceFailure = {
  /** The errno that all attempts share, or the lookup's; else ERR_RACE_FAILED. */
  readonly code: string
  /** The one text that all attempts share; else all texts in their order. */
  readonly message: string
  /** The codes of the attempts, in their order; empty where none was started. */
  readonly attemptCodes: readonly string[]
}

/** Of two lookups that failed differently, the one that tells more: a failure to get an answer before an answer. */
const LOOKUP_RANK = [
  'ERR_INVALID_NAME',
  'ERR_DNS_LIMIT',
  'EMFILE',
  'ETIMEDOUT',
  'ESERVFAIL',
  'EREFUSED',
  'ECONNREFUSED',
]
const LAST_RANK = ['ENOTFOUND', 'ENODATA']

const lookupCode = (codes: readonly string[]): string => {
  const middle = codes.find(code => !LOOKUP_RANK.includes(code) && !LAST_RANK.includes(code))
  const ranked = [...LOOKUP_RANK, ...(middle === undefined ? [] : [middle]), ...LAST_RANK]
  return ranked.find(code => codes.includes(code)) ?? 'ENOTFOUND'
}

const lookupFailure = ({ dns, lost }: RaceSummary): RaceFailure => {
  const parts = dns.map(({ type, host, code }) => `${host} ${type} ${code ?? 'without an answer'}`)
  const message = `no address: ${parts.join(', ')}`
  if (lost === 'deadline') return { code: 'ETIMEDOUT', message, attemptCodes: [] }
  const codes = dns.flatMap(({ code }) => code ?? [])
  return { code: lookupCode(codes), message, attemptCodes: [] }
}

/** What to say of a race that nobody won. Nothing is lost: the parts stay in the summary. */
export const raceFailure = (summary: RaceSummary): RaceFailure => {
  const failed = summary.attempts.filter(({ code }) => code !== undefined)
  if (failed.length === 0) return lookupFailure(summary)
  const attemptCodes = failed.flatMap(({ code }) => code ?? [])
  const messages = failed.map(({ message, code }) => message ?? code ?? '')
  const [firstCode = 'ERR_RACE_FAILED'] = attemptCodes
  const [firstMessage = ''] = messages
  return {
    code: attemptCodes.every(code => code === firstCode) ? firstCode : 'ERR_RACE_FAILED',
    message: messages.every(message => message === firstMessage)
      ? firstMessage
      : `Multiple exceptions: ${messages.join(', ')}`,
    attemptCodes,
  }
}
