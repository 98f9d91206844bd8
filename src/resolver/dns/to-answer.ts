import { RCODE } from '../../wire/dns/format.ts'
import { addressTexts } from '../addresses.ts'
import type { Answer, LookupCode } from '../types.ts'
import type { Said } from './ask-server.ts'

/** RFC 1035 section 4.1.1. Any other code is EBADRESP. */
const FAILURES: Readonly<Record<number, LookupCode>> = {
  [RCODE.formatError]: 'EFORMERR',
  [RCODE.serverFailure]: 'ESERVFAIL',
  [RCODE.notImplemented]: 'ENOTIMP',
  [RCODE.refused]: 'EREFUSED',
}

/** What a socket may fail by. The system knows more codes than these; they all mean that nothing leads there. */
const UNREACHED: Readonly<Record<string, LookupCode>> = {
  ECONNREFUSED: 'ECONNREFUSED',
  ECONNRESET: 'ECONNREFUSED',
  ENETUNREACH: 'ENETUNREACH',
  ETIMEDOUT: 'ETIMEDOUT',
  // No descriptor is left, for this process or for the system, or no memory for it.
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
 * What a server said, as an answer.
 *
 * @param ttlMax seconds; what was learnt on the way here may be kept no longer
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
    // It answers for its own zones alone, so it refuses this one.
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
