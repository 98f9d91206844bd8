/** Why a client gets no connection. Each protocol maps it to its own reply. */
export type FailureOutcome =
  /** Denied by an access rule, by a built-in denial, or by the operating system (EACCES, EPERM). */
  | 'denied'
  /** The target is one of the daemon's own listeners. */
  | 'loop'
  | 'refused'
  | 'host-unreachable'
  | 'network-unreachable'
  /** The host supports no sockets of the address's family. */
  | 'no-family'
  | 'timed-out'
  /** The name does not exist, or it has no address. */
  | 'no-address'
  /** A lookup failed for any other reason. */
  | 'dns-failed'
  /** A limit of the daemon was reached. */
  | 'limit'
  /** Anything else. */
  | 'failed'
