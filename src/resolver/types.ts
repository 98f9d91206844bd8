import type { Requester } from '../core/requester.ts'
import type { ReadIp, RecordType } from '../core/ip.ts'

/**
 * The source of an answer. `stale` is an expired answer that is served within the configured limits. `none`:
 * nothing was asked, because the family is switched off, or leads nowhere on this host.
 */
export type AnswerSource =
  'dns' | 'cache' | 'stale' | 'hosts' | 'literal' | 'system' | 'nat64' | 'none'

/**
 * Why a lookup has no address. The first two codes are results (the name does not exist; it has no record
 * of this type), the others are failures.
 */
export type LookupCode =
  | 'ENOTFOUND'
  | 'ENODATA'
  /** The server answered SERVFAIL, or the aliases form a loop. */
  | 'ESERVFAIL'
  | 'ETIMEDOUT'
  | 'EREFUSED'
  /** No process listens at the server's address, or no server is configured. */
  | 'ECONNREFUSED'
  /** The server is unreachable. */
  | 'ENETUNREACH'
  | 'EHOSTUNREACH'
  /** This host does not have the source address, or the network interface, of the queries' path. */
  | 'EADDRNOTAVAIL'
  | 'ENODEV'
  /** This process has no descriptor left for a query. */
  | 'EMFILE'
  /** The response is malformed, or has an unknown RCODE. */
  | 'EBADRESP'
  | 'EFORMERR'
  | 'ENOTIMP'
  | 'ECANCELLED'
  /** `mode: system`: the lookup process could not be started, or has died. */
  | 'ECHILD'
  /** Too many lookups wait in the queue. */
  | 'ERR_DNS_LIMIT'
  | 'ERR_INVALID_NAME'

/** Set if the answer has expired and a refresh is running: an update follows. */
export type Refreshing = true

/** All addresses of one family, as canonical text (`formatIp`), in the order of the answer and without repeats. */
export type PositiveAnswer = {
  readonly ok: true
  /** Never empty. */
  readonly addresses: readonly string[]
  /** Remaining TTL in seconds; null if the source has none (literal, hosts, system). */
  readonly ttl: number | null
  readonly source: AnswerSource
  /**
   * The embedded IPv4 addresses of the NAT64 addresses (RFC 6052) among `addresses`, by their text: of all
   * addresses if the source is nat64, and of those that a DNS64 (RFC 6147) synthesized. Absent if there are
   * none.
   */
  readonly embedded?: ReadonlyMap<string, string>
  /** If the source is nat64: the source of the IPv4 addresses, which access rules go by. */
  readonly origin?: AnswerSource
  /** The fully qualified name of the addresses, if a search domain was appended to the requested name. */
  readonly fullName?: string
  /** `mode: system`: the names that the C library may have found, if it may have appended a search domain itself. */
  readonly possibleNames?: readonly string[]
  readonly refreshing?: Refreshing
}

export type NegativeAnswer = {
  readonly ok: false
  readonly code: LookupCode
  readonly source: AnswerSource
  /**
   * The DNS server that caused the failure, as `address` or `address:port` from the configuration; absent
   * if none did.
   */
  readonly server?: string
  readonly refreshing?: Refreshing
  /** TTL in seconds of a negative answer (RFC 2308 section 5). Absent if the source has none. */
  readonly ttl?: number
}

export type Answer = PositiveAnswer | NegativeAnswer

/**
 * Looks up one family of a name or IP address. It never rejects: a failure is an answer with a code.
 * Concurrent calls for the same name and type share one query, which continues when a caller leaves, to
 * fill the cache (RFC 8305 section 5).
 *
 * @param update called once after an answer that is `refreshing`, when the refresh has ended: with the new
 *   answer, which may be equal, or with the old answer if the refresh failed
 * @param requester whose share of queries this uses, and who may leave; a promise may never settle after its
 *   requester has left. By default the process itself, which never leaves
 * @param readIp reads the host, if that is an address; `parseIp` by default
 * @returns a known answer at once, so that a cached name costs no turn of the event loop; else a promise
 */
export type Lookup = (
  host: string,
  record: RecordType,
  update?: (answer: Answer) => void,
  requester?: Requester,
  readIp?: ReadIp,
) => Answer | Promise<Answer>

/**
 * Queries one record type of one fully qualified name (lower case, without a final dot). `settle` is called
 * exactly once, possibly before the call returns, so that a cached answer costs no turn of the event loop.
 * It is not called after the requester has left.
 *
 * @param update called once after an answer that was `refreshing`, when the refresh has ended, with the
 *   answer known then
 * @param requester who asks; by default the process itself, which never leaves
 */
export type Query = (
  name: string,
  record: RecordType,
  settle: (answer: Answer) => void,
  update?: (answer: Answer) => void,
  requester?: Requester,
) => void

/** What a source can ask about the waiters of a query, and do with its slot. */
export type QueryControl = {
  /** Whether a retry is worthwhile; if not, the source may answer ECANCELLED. */
  readonly isWanted: () => boolean
  /**
   * Keeps the query's slot even after the query is answered or cancelled.
   *
   * @returns releases the slot
   */
  readonly keepSlot: () => () => void
}

/**
 * A source of answers: sends one query on behalf of all its waiters. `settle` is called once, possibly
 * before the call returns.
 *
 * @returns cancels the query; `settle` is not called any more
 */
export type Source = (
  name: string,
  record: RecordType,
  settle: (answer: Answer) => void,
  control: QueryControl,
) => () => void

/** The families in which this host has connectivity, and which are worth querying. */
export type Families = { readonly ipv4: boolean; readonly ipv6: boolean }

export type Resolver = {
  readonly lookup: Lookup
  /**
   * Returns the fully qualified names that search domains may produce, without the host itself; null if the
   * search domains are not known yet. It causes no query.
   */
  readonly fullNames: (host: string) => readonly string[] | null
  /** Cancels all queries; pending lookups answer ECANCELLED. */
  readonly close: () => void
}
