import { formatHostPort } from '../../core/host-port.ts'
import type { AttemptSummary, LookupSummary } from './summary.ts'

/** The fields of a failed lookup that its text needs. */
export type FailedLookup = Pick<LookupSummary, 'code' | 'server'>

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
