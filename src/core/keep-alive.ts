/** TCP keepalive (RFC 1122 section 4.2.3.6). Systems count whole seconds. */
export type KeepAlive = {
  /** Idle milliseconds before the first probe, from 1,000. Default 60 s. */
  readonly idleMs: number
  /** Milliseconds between two probes, from 1,000. Default 15 s. */
  readonly intervalMs: number
  /** Number of unanswered probes after which the connection ends, 1 to 127. Default 4. */
  readonly count: number
}
