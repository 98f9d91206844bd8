import { Resolver } from 'node:dns'
import type { RecordWithTtl } from 'node:dns'
import { fail } from '../core/fail.ts'
import type { RecordType } from '../core/family.ts'
import { canonicalAddress } from './literal.ts'
import type { Answer, LookupCode } from './types.ts'

/**
 * Asks one server one question. `settle` is called once, never before the call returns, unless the
 * question is cancelled first: then it is never called.
 *
 * @returns cancels the question
 */
export type AskServer = (
  server: string,
  name: string,
  record: RecordType,
  settle: (answer: Answer) => void,
) => () => void

/**
 * How long c-ares itself waits; longer than anybody here does. Whoever asks has a timer and cancels.
 */
const ARES_TIMEOUT_MS = 60_000

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

/**
 * Asks by c-ares, which goes on by TCP where the answer was truncated. Every question has a Resolver
 * and so a source port of its own. That costs 40 microseconds; a Resolver that lives on shortens its
 * timeout to some multiple of what it has measured, so that after many fast answers from a cache one
 * that takes a second is given up, and it never asks a second server when the first says SERVFAIL.
 */
export const askServer: AskServer = (server, name, record, settle) => {
  try {
    const resolver = new Resolver({ timeout: ARES_TIMEOUT_MS, tries: 1 })
    resolver.setServers([server])
    let cancelled = false
    const done = (error: NodeJS.ErrnoException | null, records: RecordWithTtl[]): void => {
      if (!cancelled) settle(toAnswer(error, records))
    }
    if (record === 'AAAA') resolver.resolve6(name, { ttl: true }, done)
    else resolver.resolve4(name, { ttl: true }, done)
    return () => {
      cancelled = true
      resolver.cancel()
    }
  } catch {
    // c-ares could not begin, as without a free descriptor. The server was not reached.
    const immediate = setImmediate(settle, { ok: false, code: 'ECONNREFUSED', source: 'dns' })
    return () => clearImmediate(immediate)
  }
}

/** The servers that the system is configured with, as c-ares finds them (on Linux in resolv.conf). */
export const readSystemServers = (): readonly string[] => new Resolver().getServers()

/**
 * Checks servers given by hand: `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353`.
 *
 * @returns the same servers in c-ares' own text
 * @throws ERR_INVALID_ADDRESS for the first that is no such address
 */
export const checkServers = (servers: readonly string[]): readonly string[] =>
  servers.map(server => {
    const resolver = new Resolver()
    try {
      resolver.setServers([server])
    } catch (error) {
      throw fail(
        'ERR_INVALID_ADDRESS',
        `"${server}" is not a DNS server: an IP address, with a port as 192.0.2.53:5353 or [2001:db8::53]:5353, is`,
        { found: server },
        error,
      )
    }
    return resolver.getServers()[0] ?? server
  })
