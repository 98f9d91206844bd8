import { attemptText, lookupText } from './failure-text.ts'
import type { LookupSummary, RaceSummary } from './summary.ts'

/** The code and message of a failed race, and the codes of its attempts. */
export type RaceFailure = {
  /** The errno that all attempts share, or the lookup's; else ERR_RACE_FAILED. */
  readonly code: string
  /** A message for people, without a full stop. */
  readonly message: string
  /** The codes of the attempts, in order; empty if none was started. */
  readonly attemptCodes: readonly string[]
}

/** Priority of codes when two lookups failed differently: a failure to get an answer precedes a negative answer. */
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

/** Joins the texts without duplicates, each with its subject if there are several: `AAAA: ..., A: ...`. */
const told = (parts: readonly (readonly [about: string, text: string])[]): string => {
  const texts = new Map<string, string[]>()
  for (const [about, text] of parts) texts.set(text, [...(texts.get(text) ?? []), about])
  if (texts.size === 1) return parts[0]?.[1] ?? ''
  return [...texts].map(([text, abouts]) => `${abouts.join(' and ')}: ${text}`).join(', ')
}

/** The text for failed lookups of a name. A family without records is left out if the other lookup failed. */
const lookupsText = (dns: readonly LookupSummary[]): string => {
  const failed = dns.filter(({ code }) => code !== 'ENODATA')
  const names = new Set(dns.map(({ host }) => host))
  const parts = (failed.length > 0 ? failed : dns).map(lookup => {
    const about = names.size > 1 ? `${lookup.host} ${lookup.type}` : lookup.type
    return [about, lookupText(lookup)] as const
  })
  return parts.length === 0 ? 'there is no address to connect to' : told(parts)
}

const lookupFailure = ({ dns, lost }: RaceSummary): RaceFailure => {
  const message = lookupsText(dns)
  if (lost === 'deadline') return { code: 'ETIMEDOUT', message, attemptCodes: [] }
  const codes = dns.flatMap(({ code }) => code ?? [])
  return { code: lookupCode(codes), message, attemptCodes: [] }
}

/** Whether a failed lookup may have hidden an address that would have worked. */
const isNotable = ({ code }: LookupSummary): boolean =>
  code !== undefined && !LAST_RANK.includes(code)

/** The failure of a race without a winner. The details stay in the summary. */
export const raceFailure = (summary: RaceSummary): RaceFailure => {
  const failed = summary.attempts.filter(({ code }) => code !== undefined)
  if (failed.length === 0) return lookupFailure(summary)
  const attemptCodes = failed.flatMap(({ code }) => code ?? [])
  const [firstCode = 'ERR_RACE_FAILED'] = attemptCodes
  const ported = failed.some(({ port }) => port !== failed[0]?.port)
  const texts = failed.map(attempt => attemptText(attempt, ported))
  const notable = summary.dns.filter(isNotable)
  const lookups = notable.map(each => `${each.type} lookup: ${lookupText(each)}`)
  const denied = failed.every(({ outcome }) => outcome === 'denied')
  const parts = [`${denied ? '' : 'no address answered: '}${texts.join(', ')}`, ...lookups]
  if (summary.untried > 0) parts.push(`${summary.untried} more were not attempted`)
  return {
    code: attemptCodes.every(code => code === firstCode) ? firstCode : 'ERR_RACE_FAILED',
    message: parts.join('; '),
    attemptCodes,
  }
}
