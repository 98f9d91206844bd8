import type { Family } from '../../core/family.ts'

/**
 * What getaddrinfo(3) brought.
 *
 * @param code null, or what Node calls the failure (ENOTFOUND, EAI_AGAIN); ECHILD where no process
 *   lived long enough to answer
 */
export type OnAddresses = (code: string | null, addresses: readonly string[]) => void

/** Lookups by the C library, in a process of their own: what hangs there holds up nobody here. */
export type SystemLookup = {
  /** Looks one family of a name up. `done` is called once, never before the call returns. */
  readonly lookup: (name: string, family: Family, done: OnAddresses) => void
  /** Ends the process, and with it all lookups: none of them is heard of any more. The next one has another process. */
  readonly renew: () => void
  /** The same, for good. */
  readonly close: () => void
  /** Lookups that the process can work on at a time. */
  readonly places: number
}

/** What the process is asked. */
export type LookupQuestion = {
  readonly id: number
  readonly name: string
  readonly family: Family
}

/** What it answers. */
export type LookupReply = {
  readonly id: number
  readonly code: string | null
  readonly addresses: readonly string[]
}
