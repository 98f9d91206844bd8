/** Is told what epoll_wait says of a descriptor: the bits of `EPOLL`. */
export type OnEvents = (events: number) => void

/**
 * Waits for descriptors on the main thread, beside Node's own event loop: one epoll set, each
 * descriptor in it once, edge-triggered.
 */
export type Poller = {
  /**
   * Begins to watch a descriptor for everything: EPOLL.IN, PRI, OUT, RDHUP, ERR and HUP. The process does not
   * end as long as one is watched.
   *
   * @param onEvents called with the bits of epoll_wait each time that something is new, the first time
   *   with what holds already. A call may come for no reason; none comes after `unwatch`, not even
   *   where the number is in use again. What it throws is an uncaught exception, and the others are
   *   called all the same
   * @returns 0, or a negative error number (-EEXIST where the descriptor is watched already); nothing
   *   has changed then
   */
  readonly watch: (fd: number, onEvents: OnEvents) => number
  /** Ends the watch. Before the descriptor is closed, or given away. */
  readonly unwatch: (fd: number) => void
  /** Calls `run` once, in the next turn of the loop, after what is ready now. Nobody waits longer for it than for other descriptors. */
  readonly soon: (run: () => void) => void
  /** Ends all watches and gives everything back. What `soon` was given, or is given after it, still runs; nothing can be watched any more. */
  readonly close: () => void
}
