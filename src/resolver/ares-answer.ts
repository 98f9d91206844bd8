import type { RecordWithTtl } from 'node:dns'
import { canonicalAddress } from './literal.ts'
import type { Answer, LookupCode } from './types.ts'

/** More addresses of one answer are dropped: a cache of answers of 64 KiB each would fill the memory. */
const ADDRESSES_MAX = 64

/** The codes of c-ares by the names that they have here; any other is EBADRESP. */
const CODES: Readonly<Record<string, LookupCode>> = {
  ENOTFOUND: 'ENOTFOUND',
  ENODATA: 'ENODATA',
  ESERVFAIL: 'ESERVFAIL',
  ETIMEOUT: 'ETIMEDOUT',
  EREFUSED: 'EREFUSED',
  ECONNREFUSED: 'ECONNREFUSED',
  EFORMERR: 'EFORMERR',
  ENOTIMP: 'ENOTIMP',
}

/** What c-ares brought, as an answer. `records` counts only where there is no error. */
export const toAnswer = (
  error: NodeJS.ErrnoException | null,
  records: readonly RecordWithTtl[],
): Answer => {
  if (error) return { ok: false, code: CODES[error.code ?? ''] ?? 'EBADRESP', source: 'dns' }
  const addresses = new Set<string>()
  let ttl = Number.POSITIVE_INFINITY
  for (const { address, ttl: seconds } of records.slice(0, ADDRESSES_MAX)) {
    const canonical = canonicalAddress(address)
    if (canonical !== undefined) addresses.add(canonical)
    ttl = Math.min(ttl, seconds)
  }
  if (addresses.size === 0) return { ok: false, code: 'ENODATA', source: 'dns' }
  // RFC 2181 section 8: a TTL with its highest bit set, which reads as below 0, is 0.
  return { ok: true, addresses: [...addresses], ttl: Math.max(0, ttl), source: 'dns' }
}
