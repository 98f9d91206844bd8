/**
 * The calls of Linux's C library that eyeballd makes itself, each with the meaning of its manual page.
 * None throws. What fails returns the negative error number, -EAGAIN (-11) for instance; everything
 * else is what the call returns. Nothing is tried again after EINTR, which only a call that waits may
 * return; close(2) has closed in any case. Descriptors and buffers are not checked: a wrong one is the caller's
 * fault. No buffer is read or written after its call has returned, but `epollWaitLater`'s.
 */
export type Libc = {
  /** socket(2): a descriptor. */
  readonly socket: (domain: number, type: number, protocol: number) => number
  readonly bind: (fd: number, address: Uint8Array, length: number) => number
  readonly listen: (fd: number, backlog: number) => number
  /** accept4(2): a descriptor. `length` holds the size of `address` before, and of what was written after. */
  readonly accept4: (fd: number, address: Uint8Array, length: Uint32Array, flags: number) => number
  readonly connect: (fd: number, address: Uint8Array, length: number) => number
  readonly getsockname: (fd: number, address: Uint8Array, length: Uint32Array) => number
  readonly getpeername: (fd: number, address: Uint8Array, length: Uint32Array) => number
  /** getsockopt(2) for an option that is one int, written to `value[0]`. */
  readonly getsockopt: (fd: number, level: number, name: number, value: Int32Array) => number
  /** setsockopt(2) for an option that is one int, or a struct of ints. */
  readonly setsockopt: (fd: number, level: number, name: number, value: Int32Array) => number
  readonly shutdown: (fd: number, how: number) => number
  readonly close: (fd: number) => number
  /** recv(2): how many bytes came; 0 at the end. */
  readonly recv: (fd: number, buffer: Uint8Array, length: number, flags: number) => number
  /** send(2): how many bytes were taken. */
  readonly send: (fd: number, buffer: Uint8Array, length: number, flags: number) => number
  /** read(2) and write(2), for pipes and event descriptors. */
  readonly read: (fd: number, buffer: Uint8Array, length: number) => number
  readonly write: (fd: number, buffer: Uint8Array, length: number) => number
  /** pipe2(2): `ends[0]` is to read from, `ends[1]` to write to. */
  readonly pipe2: (ends: Int32Array, flags: number) => number
  /** fcntl(2) with an int. */
  readonly fcntl: (fd: number, command: number, value: number) => number
  /** ioctl(2) for a request that writes one int, to `value[0]`. */
  readonly ioctl: (fd: number, request: number, value: Int32Array) => number
  /** splice(2) without offsets: how many bytes were moved; 0 at the end. */
  readonly splice: (from: number, to: number, length: number, flags: number) => number
  readonly eventfd: (value: number, flags: number) => number
  readonly epollCreate1: (flags: number) => number
  /** epoll_ctl(2). `event` is one of `EpollEvents`' own. */
  readonly epollCtl: (epoll: number, operation: number, fd: number, event: Uint8Array) => number
  /** epoll_wait(2): how many events were written. The thread waits; `timeoutMs` 0: not at all, -1: for ever. */
  readonly epollWait: (
    epoll: number,
    events: Uint8Array,
    count: number,
    timeoutMs: number,
  ) => number
  /**
   * epoll_wait(2) on another thread, one of libuv's pool; `events` must not be touched meanwhile. It
   * keeps the process from ending, also by `process.exit`, until it has returned.
   *
   * @param done called on this thread, later, with what epoll_wait returned, -EINTR for instance: a
   *   process that was stopped and goes on has all of its waits interrupted (signal(7))
   */
  readonly epollWaitLater: (
    epoll: number,
    events: Uint8Array,
    count: number,
    timeoutMs: number,
    done: (count: number) => void,
  ) => void
  /** if_nametoindex(3): the number of an interface; 0: there is none of that name. */
  readonly ifNametoindex: (name: string) => number
  /** if_indextoname(3): the name of an interface; null: there is none of that number. */
  readonly ifIndextoname: (index: number) => string | null
}

/** Why there is no `Libc`, in words for the log. */
export type NoLibc = { readonly ok: false; readonly reason: string }

export type LoadedLibc = { readonly ok: true; readonly libc: Libc } | NoLibc
