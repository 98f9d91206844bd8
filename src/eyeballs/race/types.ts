import type { Family, RecordType } from '../../core/family.ts'
import type { Sortable } from '../order/destination.ts'
import type { PolicyTableName } from '../order/policy-tables.ts'

/** One address that the race may try, with what its order needs and only the host knows. */
export type Candidate = Sortable & {
  /** Of `address`, the one that is dialled. */
  readonly family: Family
  readonly port: number
  /** How long the next attempt waits for this one, in milliseconds, in place of `connectionAttemptDelayMs` (RFC 8305 section 5); never below the floor. */
  readonly attemptDelayMs?: number
  /** Its network swallowed packets lately: it goes behind the candidates that are not so marked. */
  readonly demoted?: boolean
}

/** One lookup that the race asks for; its id is its place in the list of queries, counted from 0. */
export type Query = { readonly host: string; readonly port: number; readonly record: RecordType }

export type LookupFacts = {
  readonly source: string
  readonly ttl?: number | null
  /** The answer has expired and is being refreshed: another event for this lookup follows, also where nothing has changed. */
  readonly refreshing?: true
}

/** What happens to a race. Ids of lookups and of attempts are counted apart. */
export type RaceEvent =
  /** Time has passed. The first one begins the race. */
  | { readonly type: 'wake' }
  /** A lookup's whole list; it replaces what this lookup had brought before. */
  | ({
      readonly type: 'resolved'
      readonly id: number
      readonly candidates: readonly Candidate[]
    } & LookupFacts)
  /** `server`: the DNS server that the code is about, where it is known. */
  | ({
      readonly type: 'resolve-failed'
      readonly id: number
      readonly code: string
      readonly server?: string
    } & LookupFacts)
  | { readonly type: 'connected'; readonly id: number; readonly local: string }
  /**
   * `sent` is false where no packet can have left this host; `denied` is there where the candidate was
   * refused, and `rule` where an access rule did that: its number, from 1.
   */
  | {
      readonly type: 'connect-failed'
      readonly id: number
      readonly code: string
      readonly message: string
      readonly sent: boolean
      readonly denied?: boolean
      readonly rule?: number
    }
  /** The one who asked is gone. */
  | { readonly type: 'aborted' }
  /** The attempt was not started: no file descriptor is free for it. Its address stays the next; a `wake` tries again. */
  | { readonly type: 'deferred'; readonly id: number }
  /** File descriptors run out: the oldest attempts in flight are to be given up, all but six. */
  | { readonly type: 'scarce' }
  /**
   * Only where the race is to be confirmed, and after `won`: the client's first bytes are a whole
   * ClientHello, which may be sent to several; or they are not, or never can be.
   */
  | { readonly type: 'hello' }
  | { readonly type: 'not-hello' }
  /** The first byte of a target came back on this attempt. */
  | { readonly type: 'confirmed'; readonly id: number }

/** What a race asks its driver to do. */
export type RaceCommand =
  | ({ readonly type: 'resolve'; readonly id: number } & Query)
  | {
      readonly type: 'connect'
      readonly id: number
      readonly address: string
      readonly family: Family
      readonly port: number
      /** History had moved this candidate back. */
      readonly demoted?: true
    }
  /** End an attempt that has not settled, or reset one that connected second. */
  | { readonly type: 'cancel'; readonly id: number; readonly reason: CancelReason }
  /** Send `wake` at this time (absolute, in the clock of `now`). Replaces the earlier one. */
  | { readonly type: 'wake-at'; readonly at: number }
  /**
   * `hidden`: the winner was not the first choice of RFC 6724 alone (without history), those apart
   * that were denied, or were merely farther away. `provisional`: the race goes on until `joined`; the
   * client may be told.
   */
  | {
      readonly type: 'won'
      readonly id: number
      readonly hidden: boolean
      readonly provisional?: true
    }
  /** Send the client's ClientHello on this connected attempt. Each gets it once at most. */
  | { readonly type: 'greet'; readonly id: number }
  /** The end of a race that was won provisionally: this attempt carries the stream. */
  | { readonly type: 'joined'; readonly id: number; readonly hidden: boolean }
  | { readonly type: 'lost'; readonly reason: LostReason }

/**
 * Why an attempt is ended: another one won, it connected second, another target answered first, its
 * own limit or the race's is over, file descriptors ran out, or the one who asked is gone.
 */
export type CancelReason =
  'won' | 'second' | 'unconfirmed' | 'attempt-timeout' | 'deadline' | 'descriptors' | 'aborted'

/** Why a race had no winner: nothing to try, everything tried failed, the overall deadline, or its asker left. */
export type LostReason = 'no-addresses' | 'all-failed' | 'deadline' | 'aborted'

/** How long a race waits for what. All in milliseconds. */
export type RaceTiming = {
  /** RFC 8305 section 3, Resolution Delay: how long a first answer waits for the preferred family's. 50 by default. */
  readonly resolutionDelayMs: number
  /**
   * RFC 8305 section 5, Connection Attempt Delay: from one start to the next while nothing fails. 250 by default.
   * The floor of 10 ms holds below it. null: no delay starts an attempt, only a failure does.
   */
  readonly connectionAttemptDelayMs: number | null
  /** How long one attempt may last before it counts as failed by ETIMEDOUT; null (the default): as long as the race. */
  readonly attemptTimeoutMs: number | null
  /** How long the race may last, lookups included; 30,000 by default, null: no limit. */
  readonly connectTimeoutMs: number | null
}

/** What one race is about. Plain data, so that a trace can hold it. */
export type RaceConfig = {
  /** The lookups, in the order in which they are sent: AAAA before A (RFC 8305 section 3). */
  readonly queries: readonly Query[]
  /** Candidates that are known before the race begins and need no lookup; before those of lookups. None by default. */
  readonly addresses?: readonly Candidate[]
  /** The family whose answer is worth the Resolution Delay (RFC 8305 section 3). */
  readonly preferredFamily: Family
  /**
   * sorted: by RFC 6724, then interleaved. preferred: the same, with the preferred family's in front.
   * given: in the order of the queries and of their answers, then interleaved.
   */
  readonly order: 'sorted' | 'preferred' | 'given'
  readonly policyTable: PolicyTableName
  /** This host's unique local addresses, for the `updated` table's known-local row; none by default. */
  readonly knownLocal?: readonly string[]
  /**
   * tls: a winner is provisional until its target has answered the client's ClientHello
   * (draft-ietf-happy-happyeyeballs-v3). none by default.
   */
  readonly confirm?: 'none' | 'tls'
  /** RFC 8305 section 4, First Address Family Count: how many of the first family go before the other's first; 1 by default, 0: the families are not mixed. */
  readonly firstAddressFamilyCount: number
  /** Attempts in flight at a time, those older than 3 s not counted; 6 by default. */
  readonly maxConcurrentAttempts: number
  /**
   * How many addresses of one name (those that the lookups of one host bring) are attempted at most,
   * 2 or more; denied ones do not count. While an answer for the name is out or is being refreshed,
   * half of them are kept for it. Absent: all addresses. `addresses` are of no name.
   */
  readonly maxAttemptsPerName?: number
  readonly timing: RaceTiming
}
