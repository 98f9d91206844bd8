import type { Asker } from '../core/asker.ts'
import type { RecordType } from '../core/family.ts'

/** Where an answer came from. `stale` is an expired answer that is still served within the configured bounds. */
export type AnswerSource = 'dns' | 'cache' | 'stale' | 'hosts' | 'literal' | 'system' | 'nat64'

/**
 * Why a lookup has no address. The first two are answers (the name does not exist; it has no record
 * of this type), the others are failures to get one.
 */
export type LookupCode =
  | 'ENOTFOUND'
  | 'ENODATA'
  /** The server said so (SERVFAIL), or an alias leads in a circle. */
  | 'ESERVFAIL'
  | 'ETIMEDOUT'
  | 'EREFUSED'
  /** Nobody listens at the server's address, or there is no server. */
  | 'ECONNREFUSED'
  /** Nothing leads to the server. */
  | 'ENETUNREACH'
  | 'EHOSTUNREACH'
  /** This process has no descriptor left for a query. */
  | 'EMFILE'
  /** A response that breaks the format of DNS, or has a response code of which nothing is known. */
  | 'EBADRESP'
  | 'EFORMERR'
  | 'ENOTIMP'
  | 'ECANCELLED'
  /** `mode: system`: the process that asks the C library could not be started, or has died. */
  | 'ECHILD'
  /** Too many lookups wait for their turn. */
  | 'ERR_DNS_LIMIT'
  | 'ERR_INVALID_NAME'

/** Set where the answer has expired and a newer one is on its way: an update of it follows. */
export type Refreshing = true

/** One family's whole list. The addresses are canonical text (`formatIp`), in the order of the answer, without repeats. */
export type PositiveAnswer = {
  readonly ok: true
  /** Never empty. */
  readonly addresses: readonly string[]
  /** Seconds that the answer may still be kept; null where the source knows none (literal, hosts, system). */
  readonly ttl: number | null
  readonly source: AnswerSource
  /**
   * The IPv4 addresses that NAT64 addresses (RFC 6052) among `addresses` stand for, by their text:
   * all of an answer whose source is nat64, and those of a DNS64 (RFC 6147). Absent where there are none.
   */
  readonly embedded?: ReadonlyMap<string, string>
  /** Where the IPv4 addresses of an answer came from whose source is nat64: what rules about sources are to go by. */
  readonly origin?: AnswerSource
  /** The fully qualified name whose addresses these are, where a search domain was put behind the one asked for. */
  readonly fullName?: string
  /**
   * `mode: system`, where the C library may have put a search domain behind the name by itself: the fully
   * qualified names that it may have found.
   */
  readonly possibleNames?: readonly string[]
  readonly refreshing?: Refreshing
}

export type NegativeAnswer = {
  readonly ok: false
  readonly code: LookupCode
  readonly source: AnswerSource
  /** The DNS server that a failure is about, `address` or `address:port` as it was configured; absent where it is about none. */
  readonly server?: string
  readonly refreshing?: Refreshing
  /**
   * Of a name or record that does not exist: seconds that this may be kept (RFC 2308 section 5). Absent
   * where the source does not say.
   */
  readonly ttl?: number
}

export type Answer = PositiveAnswer | NegativeAnswer

/**
 * Looks one family of a name (or of a literal) up. It never rejects: a failure is an answer with a
 * code. Calls for the same name and type share one query, and a caller that goes away does not end one
 * that is in flight, so that the answer still fills the cache (RFC 8305 section 5).
 *
 * @param update called behind an answer that is `refreshing`, once, when the refresh has ended: with
 *   the new answer, also where nothing has changed, or where there is none with the same one again
 * @param asker who asks: whose share of the queries this takes, and until when it is wanted; a promise
 *   may stay open for ever once its asker has left. Where absent, the process itself, which never leaves
 * @returns at once what is known, so that a cached name costs no turn; else a promise
 */
export type Lookup = (
  host: string,
  record: RecordType,
  update?: (answer: Answer) => void,
  asker?: Asker,
) => Answer | Promise<Answer>

/** Families in which this host has connectivity, and so which are worth asking for. */
export type Families = { readonly ipv4: boolean; readonly ipv6: boolean }

export type Resolver = {
  readonly lookup: Lookup
  /**
   * The fully qualified names that search domains may make of a host, itself left out; null where the
   * search domains are not known yet. It asks nobody.
   */
  readonly fullNames: (host: string) => readonly string[] | null
  /** Ends all queries; lookups under way answer ECANCELLED. */
  readonly close: () => void
}
