import type { ListenAddress } from '../core/listen-address.ts'

/** A place where connections are accepted. */
export type Bound = {
  /** As it was asked for, but with the real port where that was 0. */
  readonly address: ListenAddress
  /**
   * Stops accepting, and resolves when nothing listens there any more. Connections that were accepted
   * live on, and are not waited for. A second call is the first one's promise.
   */
  readonly close: () => Promise<void>
}
