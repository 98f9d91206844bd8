import type { ListenAddress } from '../core/listen-address.ts'

/** A listening address. */
export type Bound = {
  /** The requested address, with the actual port if that was 0. */
  readonly address: ListenAddress
  /**
   * Stops accepting, and resolves when nothing listens on the address any more. It leaves accepted
   * connections open and does not wait for them. A second call returns the first one's promise.
   */
  readonly close: () => Promise<void>
}
