import { formatHostPort } from '../../core/host-port.ts'
import type { AttemptSummary, LookupSummary, RaceSummary } from './summary.ts'

/** The fields of a failed lookup that its text needs. */
type FailedLookup = Pick<LookupSummary, 'code' | 'server'>

/** A duration for people: `250 ms`, `30 s`. */
const formatMs = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`

/** A DNS server's address, with its port unless that is 53. */
const withoutDnsPort = (server: string): string => {
  const [, six, four] = /^(?:\[(.*)\]|([^:]*)):53$/.exec(server) ?? []
  return six ?? four ?? server
}

/**
 * The result of a lookup, for people. It concerns the name or the DNS server, never the target:
 * `ECONNREFUSED` of a lookup means that the DNS server refuses queries.
 */
export const lookupText = ({ code, server }: FailedLookup): string => {
  const asked = server === undefined ? 'a DNS server' : `DNS server ${withoutDnsPort(server)}`
  switch (code) {
    case undefined:
      return 'no DNS answer came in time'
    case 'ENOTFOUND':
      return 'no such name (NXDOMAIN)'
    case 'ENODATA':
      return 'the name has no address'
    case 'ETIMEDOUT':
      return `${server === undefined ? 'no DNS server answered' : `${asked} did not answer`} in time (ETIMEDOUT)`
    case 'ECONNREFUSED':
      return server === undefined
        ? 'there is no DNS server that takes queries (ECONNREFUSED)'
        : `${asked} refused the query (ECONNREFUSED)`
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return `${asked} is unreachable (${code})`
    case 'EADDRNOTAVAIL':
      return `this host has no address from which to reach ${asked} (EADDRNOTAVAIL)`
    case 'ENODEV':
      return `this host lacks the network interface to ${asked} (ENODEV)`
    case 'ESERVFAIL':
      return `${asked} failed to answer (SERVFAIL)`
    case 'EREFUSED':
      return `${asked} refuses to answer this host (REFUSED)`
    case 'ENOTIMP':
      return `${asked} does not know this kind of query (NOTIMP)`
    case 'EFORMERR':
      return `${asked} does not understand the query (FORMERR)`
    case 'EBADRESP':
      return `${asked} sent a malformed response (EBADRESP)`
    case 'EMFILE':
      return 'there was no file descriptor for the query (EMFILE)'
    case 'ERR_DNS_LIMIT':
      return 'too many DNS lookups wait for their turn'
    case 'ECANCELLED':
      return 'the lookup was cancelled (ECANCELLED)'
    case 'ERR_INVALID_NAME':
      return 'the name cannot exist: it breaks the rules for DNS names'
    default:
      return `the lookup failed (${code})`
  }
}

/**
 * Why a candidate is denied: `denied by access rule 2`.
 *
 * @param rule the number of the access rule, from 1; undefined if no rule denies
 */
export const denialText = (code: string, rule: number | undefined): string => {
  if (code === 'ERR_LOOP') return "one of the daemon's own listeners"
  return rule === undefined ? 'denied by a built-in rule' : `denied by access rule ${rule}`
}

/**
 * The result of an attempt, for people: `192.0.2.1 refused the connection`.
 *
 * @param ported whether to include the port, because the attempts went to several ports
 */
export const attemptText = (attempt: AttemptSummary, ported: boolean): string => {
  const { address, port, outcome, code = 'unknown', rule, startMs, endMs } = attempt
  const who = ported ? formatHostPort({ host: address, port }) : address
  if (outcome === 'denied') return `${who} is ${denialText(code, rule)}`
  switch (code) {
    case 'ECONNREFUSED':
      return `${who} refused the connection`
    case 'ETIMEDOUT':
      return `${who} timed out after ${formatMs((endMs ?? startMs) - startMs)}`
    case 'ECONNRESET':
      return `${who} reset the connection`
    case 'EHOSTUNREACH':
      return `${who} is unreachable (EHOSTUNREACH)`
    case 'ENETUNREACH':
      return `there is no route to ${who} (ENETUNREACH)`
    case 'EADDRNOTAVAIL':
      return `this host has no address from which to reach ${who} (EADDRNOTAVAIL)`
    case 'ENODEV':
      return `this host lacks the network interface to ${who} (ENODEV)`
    case 'EACCES':
    case 'EPERM':
      return `the system forbids connections to ${who} (${code})`
    case 'EMFILE':
    case 'ENFILE':
      return `there was no file descriptor for ${who} (${code})`
    default:
      return `${who} failed (${code})`
  }
}

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
const joinTexts = (parts: readonly (readonly [about: string, text: string])[]): string => {
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
  return parts.length === 0 ? 'there is no address to connect to' : joinTexts(parts)
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
