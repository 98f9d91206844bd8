import type { Libc } from './libc.ts'

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

/**
 * A buffer for the events of epoll_wait(2): an array of `struct epoll_event`, 32 bits of events and 64 bits
 * of data, which is packed on x64 only. The data holds the descriptor and a generation, which distinguishes
 * successive uses of a descriptor number.
 */
export type EpollEvents = {
  /** The buffer for epoll_wait. */
  readonly bytes: Uint8Array
  readonly count: number
  readonly events: (index: number) => number
  readonly fd: (index: number) => number
  readonly generation: (index: number) => number
  /** Encodes one event for epoll_ctl, into the same buffer each time. */
  readonly one: (events: number, fd: number, generation: number) => Uint8Array
}

/** @param count capacity in events, 1 or more */
export const createEpollEvents = (count: number, arch: string = process.arch): EpollEvents => {
  const stride = arch === 'x64' ? 3 : 4
  const data = stride - 2
  const words = new Int32Array(stride * count)
  const single = new Int32Array(stride)
  const singleBytes = new Uint8Array(single.buffer)
  return {
    bytes: new Uint8Array(words.buffer),
    count,
    events: index => words[index * stride] ?? 0,
    fd: index => words[index * stride + data] ?? -1,
    generation: index => words[index * stride + data + 1] ?? 0,
    one: (events, fd, generation) => {
      single[0] = events
      single[data] = fd
      single[data + 1] = generation
      return singleBytes
    },
  }
}

/** A write to an eventfd has eight bytes (eventfd(2)). */
const ONE = new Uint8Array(new BigUint64Array([1n]).buffer)

/** Wakes the thread that waits on an eventfd. If none waits, the next epoll_wait reports it. */
export const wakeUp = (libc: Libc, fd: number): void => {
  libc.write(fd, ONE, ONE.length)
}
