import type { Family, RecordType } from '../../core/ip.ts'
import type { Sortable } from '../order/read-destinations.ts'
import type { PolicyTableName } from '../order/policy-tables.ts'

/**
 * One step of a race: an event or a command, at a time in milliseconds of the race's clock. `more`: the
 * next event belongs to the same moment, and the machine handled both together.
 */
export type TraceEntry =
  | { readonly at: number; readonly event: RaceEvent; readonly more?: true }
  | { readonly at: number; readonly command: RaceCommand }

/**
 * The complete race as plain JSON: the log line, the metrics and the timeline are made from it. Replaying
 * its events, moment by moment, makes the machine issue the same commands.
 */
export type RaceTrace = {
  readonly v: 1
  readonly config: RaceConfig
  readonly entries: readonly TraceEntry[]
}

/** One address that the race may try, with the host's data that its order needs. */
export type Candidate = Sortable & {
  /** The family of `address`, which is dialled. */
  readonly family: Family
  readonly port: number
  /**
   * The delay of the next attempt after this one, in milliseconds, instead of `connectionAttemptDelayMs`
   * (RFC 8305 section 5); never below the 10 ms minimum.
   */
  readonly attemptDelayMs?: number
  /** The address or its network recently did not answer packets: the candidate goes behind those without this mark. */
  readonly demoted?: boolean
}

/** One lookup that the race requests; its id is its index in the list of queries, from 0. */
export type Query = { readonly host: string; readonly port: number; readonly record: RecordType }

export type LookupFacts = {
  readonly source: string
  readonly ttl?: number | null
  /**
   * The answer has expired and is being refreshed: another event for this lookup follows, even if nothing
   * has changed.
   */
  readonly refreshing?: true
}

/** The events of a race. Lookups and attempts have separate ids. */
export type RaceEvent =
  /** Time has passed. The first one starts the race. */
  | { readonly type: 'wake' }
  /** A lookup's complete list, which replaces the lookup's earlier list. */
  | ({
      readonly type: 'resolved'
      readonly id: number
      readonly candidates: readonly Candidate[]
    } & LookupFacts)
  /** `server`: the DNS server that the code concerns, if known. */
  | ({
      readonly type: 'resolve-failed'
      readonly id: number
      readonly code: string
      readonly server?: string
    } & LookupFacts)
  | { readonly type: 'connected'; readonly id: number; readonly local: string }
  /**
   * `sent` is false if no packet can have left this host; `noEgress` is present if the attempt could not leave
   * by its egress. `denied` is present if the candidate was refused, and `rule` if an access rule refused it:
   * its number, from 1.
   */
  | {
      readonly type: 'connect-failed'
      readonly id: number
      readonly code: string
      readonly message: string
      readonly sent: boolean
      readonly noEgress?: true
      readonly denied?: boolean
      readonly rule?: number
    }
  /** The requester has left. */
  | { readonly type: 'aborted' }
  /**
   * The attempt was not started, because no file descriptor is free. Its address stays the next; a `wake`
   * tries again.
   */
  | { readonly type: 'deferred'; readonly id: number }
  /** File descriptors are scarce: the race has to give up its oldest attempts in flight, all but six. */
  | { readonly type: 'scarce' }
  /**
   * Only if the race is to be confirmed, and after `won`: the client's first bytes are a whole ClientHello,
   * which may be sent to several targets (`hello`), or they are not and cannot become one (`not-hello`).
   */
  | { readonly type: 'hello' }
  | { readonly type: 'not-hello' }
  /** The first byte of a target arrived on this attempt. */
  | { readonly type: 'confirmed'; readonly id: number }

/** The commands of a race to its driver. */
export type RaceCommand =
  | ({ readonly type: 'resolve'; readonly id: number } & Query)
  | {
      readonly type: 'connect'
      readonly id: number
      readonly address: string
      readonly family: Family
      readonly port: number
      /** History had demoted this candidate. */
      readonly demoted?: true
    }
  /** Cancel an attempt in flight, or reset one that connected second. */
  | { readonly type: 'cancel'; readonly id: number; readonly reason: CancelReason }
  /** Send `wake` at this time (absolute, in the clock of `now`). Replaces the earlier one. */
  | { readonly type: 'wake-at'; readonly at: number }
  /**
   * `hidden`: the winner was not the first choice of RFC 6724 without history, not counting denied
   * addresses, those without an egress, and those that only a higher round-trip time put behind. `provisional`: the race continues
   * until `joined`; the client may get its reply.
   */
  | {
      readonly type: 'won'
      readonly id: number
      readonly hidden: boolean
      readonly provisional?: true
    }
  /** Send the client's ClientHello on this connected attempt; at most once for each attempt. */
  | { readonly type: 'greet'; readonly id: number }
  /** The end of a race that was won provisionally: this attempt carries the stream. */
  | { readonly type: 'joined'; readonly id: number; readonly hidden: boolean }
  | { readonly type: 'lost'; readonly reason: LostReason }

/**
 * Why an attempt is cancelled: another one won, it connected second, another target answered first, its own
 * time limit or the race's has passed, file descriptors ran out, or the requester has left.
 */
export type CancelReason =
  'won' | 'second' | 'unconfirmed' | 'attempt-timeout' | 'deadline' | 'descriptors' | 'aborted'

/** Why a race had no winner: nothing to try, every attempt failed, the overall deadline, or the requester left. */
export type LostReason = 'no-addresses' | 'all-failed' | 'deadline' | 'aborted'

/** The delays and time limits of a race, in milliseconds. */
export type RaceTiming = {
  /**
   * RFC 8305 section 3, Resolution Delay: how long the other family's answer waits for the preferred
   * family's. 50 by default.
   */
  readonly resolutionDelayMs: number
  /**
   * RFC 8305 section 5, Connection Attempt Delay: from one start to the next while nothing fails. 250 by
   * default, never below the 10 ms minimum. null: only a failure starts the next attempt.
   */
  readonly connectionAttemptDelayMs: number | null
  /** How long one attempt may last before it fails with ETIMEDOUT; null (the default): as long as the race. */
  readonly attemptTimeoutMs: number | null
  /** How long the race may last, lookups included; 30,000 by default, null: no limit. */
  readonly connectTimeoutMs: number | null
}

/** The configuration of one race, as plain data that a trace can contain. */
export type RaceConfig = {
  /** The lookups, in the order in which they are sent: AAAA before A (RFC 8305 section 3). */
  readonly queries: readonly Query[]
  /** Given candidates that need no lookup; they precede those of lookups. None by default. */
  readonly addresses?: readonly Candidate[]
  /** The family whose answer the Resolution Delay waits for (RFC 8305 section 3). */
  readonly preferredFamily: Family
  /**
   * sorted: by RFC 6724, then interleaved. preferred: the same, with the preferred family first. given: in
   * the order of the queries and of their answers, then interleaved.
   */
  readonly order: 'sorted' | 'preferred' | 'given'
  readonly policyTable: PolicyTableName
  /** This host's unique local addresses, for the known-local row of the table `updated`; none by default. */
  readonly knownLocal?: readonly string[]
  /**
   * tls: a winner is provisional until its target has answered the client's ClientHello
   * (draft-ietf-happy-happyeyeballs-v3 section 6.1). none by default.
   */
  readonly confirm?: 'none' | 'tls'
  /**
   * RFC 8305 section 4, First Address Family Count: how many of the first family come before the first of
   * the other; 1 by default, 0: not interleaved.
   */
  readonly firstAddressFamilyCount: number
  /** Maximum attempts in flight, those older than 3 s not counted; 6 by default. */
  readonly maxConcurrentAttempts: number
  /**
   * The most addresses of one name (those of all lookups of one host) that are attempted, 2 or more; denied
   * ones do not count. While an answer for the name is pending or being refreshed, half of them are
   * reserved for it. Absent: all addresses. `addresses` belong to no name.
   */
  readonly maxAttemptsPerName?: number
  readonly timing: RaceTiming
}
