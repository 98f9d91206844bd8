import type { Family } from '../../core/ip.ts'

/**
 * Called with the result of getaddrinfo(3).
 *
 * @param code null, or Node's code of the failure (ENOTFOUND, EAI_AGAIN); ECHILD if no helper process lived
 *   long enough to answer
 */
export type OnAddresses = (code: string | null, addresses: readonly string[]) => void

/**
 * Lookups by the C library in a helper process, so that a lookup that hangs blocks nothing in this process.
 */
export type SystemLookup = {
  /** Looks up one family of a name. `done` is called once, never before the call returns. */
  readonly lookup: (name: string, family: Family, done: OnAddresses) => void
  /**
   * Kills the helper process and drops all its lookups, whose `done` is never called. The next lookup
   * starts a new process.
   */
  readonly renew: () => void
  /** Like `renew`, but later lookups fail. */
  readonly close: () => void
  /** The number of lookups that the helper process can run at a time. */
  readonly places: number
}

/** A message to the helper process. */
export type LookupQuestion = {
  readonly id: number
  readonly name: string
  readonly family: Family
}

/** A message from the helper process. */
export type LookupReply = {
  readonly id: number
  readonly code: string | null
  readonly addresses: readonly string[]
}
