import type { Socket } from 'node:net'
import type { TraceEntry } from '../eyeballs/race/types.ts'
import type { AddrInfo } from './addr-info.ts'

/** How one call races. Absent and undefined fields have their defaults. */
export type RaceOptions = {
  /**
   * Addresses of this host to connect from: an attempt uses the first of its family that can be bound. If
   * none can be bound, or the list has none of the family, the attempt fails with EADDRNOTAVAIL. Null, the
   * default: the system chooses.
   */
  readonly localAddrInfos?: readonly AddrInfo[] | null | undefined
  /**
   * Milliseconds from the start of one attempt to the next while nothing fails: the Connection Attempt
   * Delay of RFC 8305 section 5. A finite number, used as given; values below 10 count as 10, the RFC's
   * minimum. 250 by default. Null: one after the other, each as soon as the previous one has failed.
   */
  readonly happyEyeballsDelayMs?: number | null | undefined
  /**
   * How many addresses of the first family come before the first of the other family: the First Address
   * Family Count of RFC 8305 section 4. A whole number; 0 leaves the list unchanged. 1 by default, 0 if the
   * delay is null.
   */
  readonly interleave?: number | undefined
  /**
   * Creates the sockets, with any options: an unconnected `net.Socket`, on which the race calls `connect`.
   * It is called for each attempt, and again for each further local address. If it throws, the attempt has
   * failed and the next one starts without delay. Default: `new net.Socket()`.
   */
  readonly socketFactory?: ((addrInfo: AddrInfo) => Socket) | undefined
  /** Ends the race: the call rejects with the signal's reason, once every socket is closed. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for the whole call, 0 to 2,147,483,647; null: no limit. After that it rejects with ETIMEDOUT. */
  readonly timeoutMs?: number | null | undefined
  /**
   * Milliseconds for one attempt, 0 to 2,147,483,647, after which it fails with ETIMEDOUT. Null, the
   * default: it lasts as long as the race, so that a slow path can still win.
   */
  readonly attemptTimeoutMs?: number | null | undefined
  /**
   * Called with each step of the race, with its time in milliseconds since the start. If it throws, the
   * race ends and the call rejects with that error.
   */
  readonly onTrace?: ((entry: TraceEntry) => void) | undefined
}
