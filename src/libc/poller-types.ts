/** Called with the events of epoll_wait for a descriptor: the bits of `EPOLL`. */
export type OnEvents = (events: number) => void

/**
 * Watches descriptors on the main thread, beside Node's event loop: one epoll instance with each descriptor
 * once, edge-triggered.
 */
export type Poller = {
  /**
   * Begins to watch a descriptor for all events: EPOLL.IN, PRI, OUT, RDHUP, ERR and HUP. The process stays
   * alive while any descriptor is watched.
   *
   * @param onEvents called with the bits of epoll_wait on each new event, the first time with the current
   *   state. Spurious calls are possible; none comes after `unwatch`, not even if the descriptor number is
   *   reused. An exception in it is uncaught, and the other handlers still run
   * @returns 0, or a negative error number (-EEXIST if the descriptor is watched already), in which case
   *   nothing has changed
   */
  readonly watch: (fd: number, onEvents: OnEvents) => number
  /** Stops watching. Call it before closing the descriptor or giving it away. */
  readonly unwatch: (fd: number) => void
  /**
   * Calls `run` once, in the next turn of the loop, after the events that are ready now. It waits no longer
   * than events of other descriptors.
   */
  readonly soon: (run: () => void) => void
  /**
   * Stops all watches and releases all resources. Functions passed to `soon`, before or after, still run;
   * `watch` fails from then on.
   */
  readonly close: () => void
}
