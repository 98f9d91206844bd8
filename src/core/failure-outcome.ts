/** Why a client gets no connection. Each protocol has its own answer for it. */
export type FailureOutcome =
  /** By an access rule or a built-in denial, or by the operating system (EACCES, EPERM). */
  | 'denied'
  /** The target is one of the daemon's own listeners. */
  | 'loop'
  | 'refused'
  | 'host-unreachable'
  | 'network-unreachable'
  /** The host has no socket of the address's family. */
  | 'no-family'
  | 'timed-out'
  /** There is no such name, or it has no address. */
  | 'no-address'
  /** A lookup failed for any other reason. */
  | 'dns-failed'
  /** A limit of the daemon's. */
  | 'limit'
  /** Anything else. */
  | 'failed'
