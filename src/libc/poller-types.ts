/**
 * Waits for descriptors on the main thread, beside Node's own event loop: one epoll set, each
 * descriptor in it once, edge-triggered.
 */
export type Poller = {
  /**
   * Begins to watch a descriptor for everything: EPOLL.IN, OUT, RDHUP, ERR and HUP. The process does not
   * end as long as one is watched.
   *
   * @param onEvents called with the bits of epoll_wait each time that something is new. A call may come
   *   for no reason; none comes after `unwatch`, not even where the number is in use again
   * @returns 0, or a negative error number; nothing is watched then
   */
  readonly watch: (fd: number, onEvents: (events: number) => void) => number
  /** Ends the watch. Before the descriptor is closed, or given away. */
  readonly unwatch: (fd: number) => void
  /** Calls `run` once, in the next turn of the loop, after what is ready now. Nobody waits longer for it than for other descriptors. */
  readonly soon: (run: () => void) => void
  /** Ends all watches and gives everything back. Nothing may be called after it. */
  readonly close: () => void
}
