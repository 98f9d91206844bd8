import type koffiModule from 'koffi'
import { createRequire } from 'node:module'
import { ERRNO } from './constants.ts'
import type { Libc, LoadedLibc } from './libc.ts'

type Koffi = typeof koffiModule

type Call = (...args: readonly unknown[]) => number

/** Architectures for which the constants and struct layouts of this directory hold. */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64']

/** glibc's soname. musl's loader accepts it too: a name that begins with `libc.` means musl itself. */
const LIBRARY = 'libc.so.6'

/** IF_NAMESIZE of net/if.h: a name and its terminating NUL. */
const INTERFACE_NAME_BYTES = 16

const declare = (koffi: Koffi): Libc => {
  const library = koffi.load(LIBRARY)
  const declared = (prototype: string): Call => library.func(prototype) as Call
  const { errno } = koffi
  const socket = declared('int socket(int, int, int)')
  const bind = declared('int bind(int, void *, uint32_t)')
  const listen = declared('int listen(int, int)')
  const accept4 = declared('int accept4(int, void *, void *, int)')
  const connect = declared('int connect(int, void *, uint32_t)')
  const getsockname = declared('int getsockname(int, void *, void *)')
  const getpeername = declared('int getpeername(int, void *, void *)')
  const getsockopt = declared('int getsockopt(int, int, int, void *, void *)')
  const setsockopt = declared('int setsockopt(int, int, int, void *, uint32_t)')
  const shutdown = declared('int shutdown(int, int)')
  const close = declared('int close(int)')
  const recv = declared('long recv(int, void *, size_t, int)')
  const send = declared('long send(int, void *, size_t, int)')
  const sendto = declared('long sendto(int, void *, size_t, int, void *, uint32_t)')
  const read = declared('long read(int, void *, size_t)')
  const write = declared('long write(int, void *, size_t)')
  const pipe2 = declared('int pipe2(void *, int)')
  const fcntl = declared('int fcntl(int, int, ...)')
  const ioctl = declared('int ioctl(int, unsigned long, ...)')
  const splice = declared('long splice(int, void *, int, void *, size_t, unsigned int)')
  const eventfd = declared('int eventfd(unsigned int, int)')
  const epollCreate1 = declared('int epoll_create1(int)')
  const epollCtl = declared('int epoll_ctl(int, int, int, void *)')
  const epollWait = library.func('int epoll_wait(int, void *, int, int)') as Call & {
    readonly async: (...args: readonly unknown[]) => void
  }
  const adjtimex = declared('int adjtimex(void *)')
  const ifNametoindex = declared('unsigned int if_nametoindex(const char *)')
  const ifIndextoname = library.func('const char *if_indextoname(unsigned int, void *)') as (
    ...args: readonly unknown[]
  ) => string | null
  const interfaceName = new Uint8Array(INTERFACE_NAME_BYTES)
  const intBytes = new Uint32Array([4])
  // koffi's errno() is thread-local, and no other call comes between the failed call and this one.
  const orErrno = (result: number): number => (result < 0 ? -errno() : result)
  return {
    socket: (domain, type, protocol) => orErrno(socket(domain, type, protocol)),
    bind: (fd, address, length) => orErrno(bind(fd, address, length)),
    listen: (fd, backlog) => orErrno(listen(fd, backlog)),
    accept4: (fd, address, length, flags) => orErrno(accept4(fd, address, length, flags)),
    connect: (fd, address, length) => orErrno(connect(fd, address, length)),
    getsockname: (fd, address, length) => orErrno(getsockname(fd, address, length)),
    getpeername: (fd, address, length) => orErrno(getpeername(fd, address, length)),
    getsockopt: (fd, level, name, value) => orErrno(getsockopt(fd, level, name, value, intBytes)),
    setsockopt: (fd, level, name, value) =>
      orErrno(setsockopt(fd, level, name, value, value.byteLength)),
    shutdown: (fd, how) => orErrno(shutdown(fd, how)),
    close: fd => orErrno(close(fd)),
    recv: (fd, buffer, length, flags) => orErrno(recv(fd, buffer, length, flags)),
    send: (fd, buffer, length, flags) => orErrno(send(fd, buffer, length, flags)),
    sendto: (fd, buffer, length, flags, address, addressLength) =>
      orErrno(sendto(fd, buffer, length, flags, address, addressLength)),
    read: (fd, buffer, length) => orErrno(read(fd, buffer, length)),
    write: (fd, buffer, length) => orErrno(write(fd, buffer, length)),
    pipe2: (ends, flags) => orErrno(pipe2(ends, flags)),
    fcntl: (fd, command, value) => orErrno(fcntl(fd, command, 'int', value)),
    ioctl: (fd, request, value) => orErrno(ioctl(fd, request, 'void *', value)),
    splice: (from, to, length, flags) => orErrno(splice(from, null, to, null, length, flags)),
    eventfd: (value, flags) => orErrno(eventfd(value, flags)),
    epollCreate1: flags => orErrno(epollCreate1(flags)),
    epollCtl: (epoll, operation, fd, event) => orErrno(epollCtl(epoll, operation, fd, event)),
    epollWait: (epoll, events, count, timeoutMs) =>
      orErrno(epollWait(epoll, events, count, timeoutMs)),
    epollWaitLater: (epoll, events, count, timeoutMs, done) => {
      // During this callback koffi's errno() returns the value of the waiting thread.
      epollWait.async(epoll, events, count, timeoutMs, (_: unknown, result: number) =>
        done(orErrno(result)),
      )
    },
    adjtimex: timex => orErrno(adjtimex(timex)),
    ifNametoindex: name => ifNametoindex(name),
    ifIndextoname: index => ifIndextoname(index, interfaceName),
  }
}

/** What `loadLibc` examines; a test may pass another system. */
export type HostSystem = {
  readonly platform: string
  readonly arch: string
  /** Throws if koffi is not installed, or does not support this system. */
  readonly requireKoffi: () => unknown
}

const tryLoad = ({ platform, arch, requireKoffi }: HostSystem): LoadedLibc => {
  if (platform !== 'linux') return { ok: false, reason: `it is for Linux, and this is ${platform}` }
  if (!ARCHITECTURES.includes(arch)) {
    return { ok: false, reason: `it is for ${ARCHITECTURES.join(' and ')}, and this is ${arch}` }
  }
  try {
    const libc = declare(requireKoffi() as Koffi)
    const found = libc.close(-1)
    if (found === -ERRNO.EBADF) return { ok: true, libc }
    return { ok: false, reason: `close(2) of no descriptor returned ${found} by way of koffi` }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { ok: false, reason: message.split('\n', 1)[0] ?? message }
  }
}

let loaded: LoadedLibc | undefined

/**
 * Opens the C library of this system through koffi, on the first call in each thread. It never throws:
 * without koffi, on another system than Linux or on another architecture, it returns the reason.
 *
 * @param system replaces this system; the result is not cached
 */
export const loadLibc = (system?: HostSystem): LoadedLibc => {
  if (system) return tryLoad(system)
  const { platform, arch } = process
  const requireKoffi = (): unknown => createRequire(import.meta.url)('koffi')
  return (loaded ??= tryLoad({ platform, arch, requireKoffi }))
}

/**
 * The descriptor that becomes readable when Node's event loop on the main thread has events, from libuv's
 * uv_backend_fd (https://docs.libuv.org/en/v1.x/loop.html#c.uv_backend_fd).
 *
 * @param requireKoffi replaced by tests
 * @returns -1 if it cannot be determined
 */
export const loopDescriptor = (
  requireKoffi: () => unknown = () => createRequire(import.meta.url)('koffi'),
): number => {
  try {
    const runtime = (requireKoffi() as Koffi).load(null)
    const loop: unknown = runtime.func('void *uv_default_loop()')()
    return Number(runtime.func('int uv_backend_fd(void *)')(loop))
  } catch {
    return -1
  }
}
