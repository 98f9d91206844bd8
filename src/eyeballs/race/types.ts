import type { Family, RecordType } from '../../core/family.ts'

/** One address that the race may try, with what its order needs and only the host knows. */
export type Candidate = {
  /** Canonical text, zone included. */
  readonly address: string
  readonly family: Family
  readonly port: number
  /** The source address this host would use: null where there is none (RFC 6724 rule 1), absent where it was not asked. */
  readonly source?: string | null
  readonly sourceDeprecated?: boolean
  readonly sourcePrefixLength?: number
}

/** One lookup that the race asks for: an id is its place in this list. */
export type Query = { readonly host: string; readonly port: number; readonly record: RecordType }

export type LookupFacts = { readonly source: string; readonly ttl?: number | null }

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
  | ({ readonly type: 'resolve-failed'; readonly id: number; readonly code: string } & LookupFacts)
  | { readonly type: 'connected'; readonly id: number; readonly local: string }
  /** `sent` is false where no packet can have left this host; `denied` where an access rule refused the candidate. */
  | {
      readonly type: 'connect-failed'
      readonly id: number
      readonly code: string
      readonly message: string
      readonly sent: boolean
      readonly denied?: boolean
    }
  /** The one who asked is gone. */
  | { readonly type: 'aborted' }

/** What a race asks its driver to do. */
export type RaceCommand =
  | ({ readonly type: 'resolve'; readonly id: number } & Query)
  | {
      readonly type: 'connect'
      readonly id: number
      readonly address: string
      readonly family: Family
      readonly port: number
    }
  /** End an attempt that has not settled, or reset one that connected second. */
  | { readonly type: 'cancel'; readonly id: number }
  /** Send `wake` at this time (absolute, in the clock of `now`). Replaces the earlier one. */
  | { readonly type: 'wake-at'; readonly at: number }
  /** `hidden`: the winner was not the first choice of RFC 6724 alone, denied candidates apart. */
  | { readonly type: 'won'; readonly id: number; readonly hidden: boolean }
  | { readonly type: 'lost'; readonly reason: LostReason }

/** Why a race had no winner: nothing to try, everything tried failed, the overall deadline, or its asker left. */
export type LostReason = 'no-addresses' | 'all-failed' | 'deadline' | 'aborted'
