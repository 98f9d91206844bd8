/** TCP keepalive (RFC 1122 section 4.2.3.6). Systems count whole seconds. */
export type KeepAlive = {
  /** Milliseconds of silence before the first probe, from 1,000. */
  readonly idleMs: number
  /** Milliseconds between two probes, from 1,000. */
  readonly intervalMs: number
  /** Probes without an answer that end the connection, 1 to 127. */
  readonly count: number
}
