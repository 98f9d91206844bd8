import { RCODE } from '../wire/dns/message.ts'

/** What a server says to one record type. */
export type TypeReport = {
  /** Median of the answers; null: there was none. */
  readonly medianMs: number | null
  /** Why there was none; null if there was one. */
  readonly code: string | null
  /** The response code of the first answer; null without one. */
  readonly rcode: number | null
  /** Addresses in the first answer; null without one that can be read. */
  readonly records: number | null
}

/** What one server can do. */
export type ServerReport = {
  readonly server: string
  /** What it was asked for. */
  readonly name: string
  readonly a: TypeReport
  readonly aaaa: TypeReport
  /** By TCP: null if it answers, else why not. */
  readonly tcp: string | null
  /** With an OPT record (RFC 6891): it answers, does not, or refuses. Null: not known. */
  readonly edns: 'works' | 'dropped' | 'refused' | null
  /**
   * An answer of more than 512 bytes by UDP: it came whole, came cut so that TCP is needed, or did not come.
   * `unknown`: the server has none, or does without EDNS.
   */
  readonly large: 'whole' | 'truncated' | 'lost' | 'unknown'
  readonly largeOctets: number | null
  /** NAT64 prefixes (RFC 7050). */
  readonly nat64: readonly string[]
}

export const answers = ({ medianMs }: TypeReport): boolean => medianMs !== null

export const isNoName = ({ rcode }: TypeReport): boolean => rcode === RCODE.nameError

/** A response code that says nothing of the name: "no such name" does. */
export const isFailure = (type: TypeReport): boolean =>
  type.rcode !== null && type.rcode !== RCODE.noError && !isNoName(type)

export const hasRecords = ({ records }: TypeReport): boolean => (records ?? 0) > 0

/** Whether a server answers for one of the two types. */
export const works = ({ a, aaaa }: ServerReport): boolean =>
  [a, aaaa].some(type => answers(type) && !isFailure(type))

export const hasName = ({ a, aaaa }: ServerReport): boolean => hasRecords(a) || hasRecords(aaaa)

/** Whether a server says that there is no such name. */
export const deniesName = (report: ServerReport): boolean =>
  !hasName(report) && (isNoName(report.a) || isNoName(report.aaaa))
