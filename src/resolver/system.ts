import { lookup } from 'node:dns'
import type { LookupAddress } from 'node:dns'
import { familyOf } from '../core/family.ts'
import { canonicalAddress } from './literal.ts'
import type { Query } from './query.ts'
import type { LookupCode } from './types.ts'

/** The part of `dns.lookup` that is used. */
export type GetAddrInfo = (
  name: string,
  options: { readonly family: 4 | 6; readonly all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/**
 * getaddrinfo(3) keeps less apart than DNS does. EAI_NONAME and EAI_NODATA both come as ENOTFOUND;
 * EAI_AGAIN stands for a server that failed as well as for one that was silent.
 */
const codeOf = (code: string | undefined): LookupCode => {
  if (code === 'ENOTFOUND') return 'ENOTFOUND'
  if (code === 'ENODATA' || code === 'EAI_ADDRFAMILY' || code === 'EAI_NODATA') return 'ENODATA'
  return code === 'ETIMEDOUT' || code === 'ETIMEOUT' ? 'ETIMEDOUT' : 'ESERVFAIL'
}

/**
 * Asks the C library, one family at a time, so that everything in nsswitch.conf works: mDNS, LDAP and
 * the like. It knows no TTL. Search domains are the library's too, for each family by itself. Each
 * call holds a thread of libuv's pool (4 unless UV_THREADPOOL_SIZE says more) until it ends, and
 * cannot be cancelled.
 */
export const createSystemQuery =
  (getAddrInfo: GetAddrInfo = lookup): Query =>
  (name, record, settle) => {
    getAddrInfo(name, { family: familyOf(record), all: true }, (error, found) => {
      if (error) return settle({ ok: false, code: codeOf(error.code), source: 'system' })
      const addresses = new Set<string>()
      for (const { address } of found) {
        const canonical = canonicalAddress(address)
        if (canonical !== undefined) addresses.add(canonical)
      }
      settle(
        addresses.size > 0
          ? { ok: true, addresses: [...addresses], ttl: null, source: 'system' }
          : { ok: false, code: 'ENODATA', source: 'system' },
      )
    })
  }
