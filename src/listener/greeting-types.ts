import type { FailureOutcome } from '../core/failure-outcome.ts'
import type { Accepted } from './accepted.ts'

/** A refused client on this host, which may still be a healthcheck that sends a SOCKS greeting. */
export type Greeting = {
  readonly accepted: Accepted
  /** Whether the listener requires a login; the answer to the greeting depends on it. */
  readonly requireLogin: boolean
  /** Why the client is refused; determines the reply to a request. */
  readonly outcome: FailureOutcome
  /**
   * Called once, at the end of the connection.
   *
   * @param probe true if the client sent no more than a greeting (RFC 1928 section 3)
   * @param reply the SOCKS reply code, if one was sent
   */
  readonly onOver: (probe: boolean, reply?: number) => void
}

/** Answers the SOCKS greetings of refused clients, and refuses everything else that they send. */
export type Greetings = {
  readonly add: (greeting: Greeting) => void
}
