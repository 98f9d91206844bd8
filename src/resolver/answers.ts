import type { Ip } from '../core/ip.ts'
import { formatIp, unmapIp } from '../core/ip.ts'
import { RCODE } from '../wire/dns/message.ts'
import { ADDRESSES_MAX } from '../wire/dns/parse-response.ts'
import type { ServerResult } from './dns/ask-server.ts'
import type { Answer, LookupCode } from './types.ts'

const isIpv4 = (address: string): boolean => !address.includes(':')

/**
 * Removes the IPv4 addresses from an answer, for a host without a use for them; ENODATA if no other address
 * remains.
 */
export const withoutIpv4 = (answer: Answer): Answer => {
  if (!answer.ok || !answer.addresses.some(isIpv4)) return answer
  const addresses = answer.addresses.filter(each => !isIpv4(each))
  if (addresses.length > 0) return { ...answer, addresses }
  const none = { ok: false, code: 'ENODATA', source: answer.source } as const
  return answer.refreshing ? { ...none, refreshing: true } : none
}

/**
 * Converts addresses to `Answer.addresses`: canonical text, in order, without repeats. An IPv4-mapped IPv6
 * address (::ffff:0:0/96) becomes the IPv4 address that it contains, for the race, access rules and the
 * log.
 */
export const addressTexts = (ips: readonly Ip[]): string[] => {
  const texts: string[] = []
  for (const ip of ips) {
    const text = formatIp(unmapIp(ip))
    if (texts.length < ADDRESSES_MAX && !texts.includes(text)) texts.push(text)
  }
  return texts
}

/** Whether an answer says that the name or record does not exist, which is a result and not a failure. */
export const isNegative = (answer: Answer): boolean =>
  !answer.ok && (answer.code === 'ENOTFOUND' || answer.code === 'ENODATA')

/** Lookup codes by RCODE (RFC 1035 section 4.1.1). Any other RCODE is EBADRESP. */
const FAILURES: Readonly<Record<number, LookupCode>> = {
  [RCODE.formatError]: 'EFORMERR',
  [RCODE.serverFailure]: 'ESERVFAIL',
  [RCODE.notImplemented]: 'ENOTIMP',
  [RCODE.refused]: 'EREFUSED',
}

/** Lookup codes by errno. Any other errno means that the server is unreachable. */
const UNREACHED: Readonly<Record<string, LookupCode>> = {
  ECONNREFUSED: 'ECONNREFUSED',
  ECONNRESET: 'ECONNREFUSED',
  ENETUNREACH: 'ENETUNREACH',
  ETIMEDOUT: 'ETIMEDOUT',
  EADDRNOTAVAIL: 'EADDRNOTAVAIL',
  ENODEV: 'ENODEV',
  // The process or the system has no descriptor, or no memory for one.
  EMFILE: 'EMFILE',
  ENFILE: 'EMFILE',
  ENOBUFS: 'EMFILE',
  ENOMEM: 'EMFILE',
}

const failed = (code: LookupCode): Answer => ({ ok: false, code, source: 'dns' })

const negative = (exists: boolean, ttl: number | null): Answer => {
  const code = exists ? 'ENODATA' : 'ENOTFOUND'
  return ttl === null ? failed(code) : { ok: false, code, source: 'dns', ttl }
}

/**
 * Converts a server's response to an answer.
 *
 * @param ttlMax maximum TTL in seconds, from the aliases that led here
 */
export const toAnswer = (
  result: Exclude<ServerResult, { type: 'alias' }>,
  ttlMax: number,
): Answer => {
  switch (result.type) {
    case 'addresses': {
      const ttl = Math.min(result.ttl, ttlMax)
      return { ok: true, addresses: addressTexts(result.addresses), ttl, source: 'dns' }
    }
    case 'none':
      return negative(result.exists, result.ttl === null ? null : Math.min(result.ttl, ttlMax))
    case 'loop':
      return failed('ESERVFAIL')
    // The server answers for its own zones only, so a referral counts as a refusal.
    case 'referral':
      return failed('EREFUSED')
    case 'failure':
      return failed(FAILURES[result.rcode] ?? 'EBADRESP')
    case 'malformed':
      return failed('EBADRESP')
    case 'unreached':
      return failed(UNREACHED[result.code] ?? 'EHOSTUNREACH')
  }
}
