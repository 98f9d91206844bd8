import { RCODE } from '../../wire/dns/format.ts'
import { addressTexts } from '../addresses.ts'
import type { Answer, LookupCode } from '../types.ts'
import type { Said } from './ask-server.ts'

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
export const toAnswer = (said: Exclude<Said, { type: 'alias' }>, ttlMax: number): Answer => {
  switch (said.type) {
    case 'addresses': {
      const ttl = Math.min(said.ttl, ttlMax)
      return { ok: true, addresses: addressTexts(said.addresses), ttl, source: 'dns' }
    }
    case 'none':
      return negative(said.exists, said.ttl === null ? null : Math.min(said.ttl, ttlMax))
    case 'loop':
      return failed('ESERVFAIL')
    // The server answers for its own zones only, so a referral counts as a refusal.
    case 'referral':
      return failed('EREFUSED')
    case 'failure':
      return failed(FAILURES[said.rcode] ?? 'EBADRESP')
    case 'malformed':
      return failed('EBADRESP')
    case 'unreached':
      return failed(UNREACHED[said.code] ?? 'EHOSTUNREACH')
  }
}
