import type { Socket } from 'node:net'
import type { TraceEntry } from '../eyeballs/race/trace.ts'
import type { AddrInfo } from './addr-info.ts'

/** How one call races. What is absent or undefined has its default. */
export type RaceOptions = {
  /**
   * Addresses of this host to connect from: the first of an attempt's family that can be bound is
   * used. Where none can, there is none of the family, or the list is empty, the attempt fails with
   * EADDRNOTAVAIL. Null, the default: the system chooses.
   */
  readonly localAddrInfos?: readonly AddrInfo[] | null | undefined
  /**
   * Milliseconds from the start of one attempt to the next while nothing fails: the Connection Attempt
   * Delay of RFC 8305 section 5. A finite number, used as given; below 10 as 10, the least that the
   * RFC allows. 250 by default. Null: one after the other, each as soon as the one before has failed.
   */
  readonly happyEyeballsDelayMs?: number | null | undefined
  /**
   * How many addresses of the first family go before the first of the other one: the First Address
   * Family Count of RFC 8305 section 4. A whole number; 0 leaves the list as it is. 1 by default, 0
   * where the delay is null.
   */
  readonly interleave?: number | undefined
  /**
   * Makes the sockets, with whatever options they shall have: an unconnected `net.Socket`, on which
   * `connect` is called. It is called for each attempt, and again for each further local address.
   * What it throws is a failed attempt that costs no delay. Default: `new net.Socket()`.
   */
  readonly socketFactory?: ((addrInfo: AddrInfo) => Socket) | undefined
  /** Ends the race: the call rejects with the signal's own reason, after every socket is closed. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for the whole, 0 to 2,147,483,647; null: no limit. What is not done by then rejects with ETIMEDOUT. */
  readonly timeoutMs?: number | null | undefined
  /**
   * Milliseconds for one attempt, 0 to 2,147,483,647, after which it has failed with ETIMEDOUT. Null,
   * the default: it lives as long as the race, so that a slow way may still win.
   */
  readonly attemptTimeoutMs?: number | null | undefined
  /** Gets each step of the race as it is made, its time in milliseconds from the begin. What it throws ends the race and is what the call rejects with. */
  readonly onTrace?: ((entry: TraceEntry) => void) | undefined
}
