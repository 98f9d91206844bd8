/**
 * The calls of Linux's C library that eyeballd makes itself, as their manual pages define them. They never
 * throw: a failed call returns the negative error number, such as -EAGAIN (-11). Calls are not repeated
 * after EINTR, which only a blocking call may return; close(2) has closed the descriptor in any case.
 * Descriptors and buffers are not checked. No buffer is used after its call has returned, except that of
 * `epollWaitLater`.
 */
export type Libc = {
  /** socket(2): returns a descriptor. */
  readonly socket: (domain: number, type: number, protocol: number) => number
  readonly bind: (fd: number, address: Uint8Array, length: number) => number
  readonly listen: (fd: number, backlog: number) => number
  /**
   * accept4(2): returns a descriptor. `length` holds the size of `address` before the call, and the size of
   * the written address after it.
   */
  readonly accept4: (fd: number, address: Uint8Array, length: Uint32Array, flags: number) => number
  readonly connect: (fd: number, address: Uint8Array, length: number) => number
  readonly getsockname: (fd: number, address: Uint8Array, length: Uint32Array) => number
  readonly getpeername: (fd: number, address: Uint8Array, length: Uint32Array) => number
  /** getsockopt(2) for an int option, which is written to `value[0]`. */
  readonly getsockopt: (fd: number, level: number, name: number, value: Int32Array) => number
  /** setsockopt(2) for an int option, a struct of ints, or a text that ends in a NUL. */
  readonly setsockopt: (
    fd: number,
    level: number,
    name: number,
    value: Int32Array | Uint8Array,
  ) => number
  readonly shutdown: (fd: number, how: number) => number
  readonly close: (fd: number) => number
  /** recv(2): returns the number of bytes received; 0 at end of stream. */
  readonly recv: (fd: number, buffer: Uint8Array, length: number, flags: number) => number
  /** send(2): returns the number of bytes accepted. */
  readonly send: (fd: number, buffer: Uint8Array, length: number, flags: number) => number
  /** sendto(2): returns the number of bytes accepted. */
  readonly sendto: (
    fd: number,
    buffer: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: number,
  ) => number
  /** read(2) and write(2), for pipes and eventfds. */
  readonly read: (fd: number, buffer: Uint8Array, length: number) => number
  readonly write: (fd: number, buffer: Uint8Array, length: number) => number
  /** pipe2(2): `ends[0]` is the read end, `ends[1]` the write end. */
  readonly pipe2: (ends: Int32Array, flags: number) => number
  /** fcntl(2) with an int argument. */
  readonly fcntl: (fd: number, command: number, value: number) => number
  /** ioctl(2) for a request that writes an int, to `value[0]`. */
  readonly ioctl: (fd: number, request: number, value: Int32Array) => number
  /** splice(2) without offsets: returns the number of bytes moved; 0 at end of stream. */
  readonly splice: (from: number, to: number, length: number, flags: number) => number
  readonly eventfd: (value: number, flags: number) => number
  readonly epollCreate1: (flags: number) => number
  /** epoll_ctl(2). `event` comes from `EpollEvents.one`. */
  readonly epollCtl: (epoll: number, operation: number, fd: number, event: Uint8Array) => number
  /**
   * epoll_wait(2): returns the number of events written. It blocks the thread; `timeoutMs` 0: not at all,
   * -1: without limit.
   */
  readonly epollWait: (
    epoll: number,
    events: Uint8Array,
    count: number,
    timeoutMs: number,
  ) => number
  /**
   * epoll_wait(2) on a thread of libuv's pool; do not touch `events` until it returns. It keeps the process
   * alive until then, even after `process.exit`.
   *
   * @param done called later on the calling thread with the result of epoll_wait; -EINTR if the process was
   *   stopped and continued, which interrupts all waits (signal(7))
   */
  readonly epollWaitLater: (
    epoll: number,
    events: Uint8Array,
    count: number,
    timeoutMs: number,
    done: (count: number) => void,
  ) => void
  /** adjtimex(2): writes the state of the clock to `timex`, which is all zero before: nothing is changed. */
  readonly adjtimex: (timex: Uint8Array) => number
  /** if_nametoindex(3): returns the index of an interface; 0 if there is none of that name. */
  readonly ifNametoindex: (name: string) => number
  /** if_indextoname(3): returns the name of an interface; null if there is none of that index. */
  readonly ifIndextoname: (index: number) => string | null
}

/** Why there is no `Libc`; the log prints the reason. */
type NoLibc = { readonly ok: false; readonly reason: string }

export type LoadedLibc = { readonly ok: true; readonly libc: Libc } | NoLibc
