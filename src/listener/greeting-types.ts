import type { FailureOutcome } from '../core/failure-outcome.ts'
import type { Accepted } from './accepted.ts'

/** A client of this host that gets no connection, but may ask whether somebody is there. */
export type Greeting = {
  readonly accepted: Accepted
  /** Whether the listener demands a login: the answer is the one that it gives to everybody. */
  readonly requireLogin: boolean
  /** Why it gets none: the answer to a request says so. */
  readonly outcome: FailureOutcome
  /**
   * Called once, when it is over.
   *
   * @param probe true where the client has sent a greeting (RFC 1928 section 3) at most
   * @param reply the SOCKS reply code that was sent, where one was
   */
  readonly onOver: (probe: boolean, reply?: number) => void
}

/** Answers greetings of clients that are turned away, and refuses all else that they send. */
export type Greetings = {
  readonly add: (greeting: Greeting) => void
}
