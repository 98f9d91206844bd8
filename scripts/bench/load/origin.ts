import {
  AF,
  EPOLL,
  ERRNO,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  MSG,
  SO,
  SOCK,
  SOL_SOCKET,
} from '../../../src/libc/constants.ts'
import { createEpollEvents } from '../../../src/libc/epoll-events.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { loopbackAddress, loopbackAddress6 } from './loopback-address.ts'
import { CHUNK_BYTES, GULP_BYTES, MODE, MSG_TRUNC } from './modes.ts'
import { must } from './need-libc.ts'
import type { OriginCounts } from './types.ts'

const BACKLOG = 4096
/** More descriptors than a process is given. */
const MAX_FDS = 1 << 20
/** What an accepted connection is before it has said what it wants, and a listening socket. */
const NEW = 1
const LISTENER = 2

export type Origin = {
  /** Serves what is ready, and waits for it at most so long; -1: for ever. */
  readonly turn: (timeoutMs: number) => void
  readonly close: () => void
}

/**
 * What the proxies connect to: a server at ports of 127.0.0.1 and, where there is IPv6, ::1. It has a
 * port for each proxy, so that none meets the ports that another one has used up.
 *
 * @param endFd when this descriptor is readable or closed, `onEnd` is called
 */
export const createOrigin = (
  libc: Libc,
  ports: readonly number[],
  endFd?: number,
  onEnd: () => void = () => {},
): Origin => {
  const epoll = must('epoll_create1', libc.epollCreate1(EPOLL.CLOEXEC))
  const events = createEpollEvents(512)
  const mode = new Uint8Array(MAX_FDS)
  const place = new Uint16Array(MAX_FDS)
  const counts = ports.map(() => ({ accepted: 0, sent: 0, received: 0 }))
  const buffer = Buffer.alloc(GULP_BYTES)
  const open = new Set<number>()
  const peer = new Uint8Array(28)
  const peerLength = new Uint32Array(1)
  const on = new Int32Array([1])

  const listen = (family: number, address: Uint8Array): number => {
    const fd = must('socket', libc.socket(family, SOCK.STREAM | SOCK.NONBLOCK | SOCK.CLOEXEC, 0))
    libc.setsockopt(fd, SOL_SOCKET, SO.REUSEADDR, on)
    if (family === AF.INET6) libc.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, on)
    const result = libc.bind(fd, address, address.length)
    if (result < 0) libc.close(fd)
    else must('listen', libc.listen(fd, BACKLOG))
    return result < 0 ? result : fd
  }
  const register = (fd: number, index: number, what: number): void => {
    mode[fd] = what
    place[fd] = index
    open.add(fd)
    must('epoll_ctl', libc.epollCtl(epoll, EPOLL.CTL_ADD, fd, events.one(EPOLL.IN, fd, 0)))
  }
  for (const [index, port] of ports.entries()) {
    register(
      must(`bind to 127.0.0.1:${port}`, listen(AF.INET, loopbackAddress(port))),
      index,
      LISTENER,
    )
    // Without IPv6 on this machine, IPv4 it is.
    const six = listen(AF.INET6, loopbackAddress6(port))
    if (six >= 0) register(six, index, LISTENER)
  }
  if (endFd !== undefined) {
    libc.epollCtl(epoll, EPOLL.CTL_ADD, endFd, events.one(EPOLL.IN, endFd, 0))
  }

  const countsAt = (fd: number): { -readonly [Key in keyof OriginCounts]: number } =>
    counts[place[fd] ?? 0] as { accepted: number; sent: number; received: number }
  const end = (fd: number): void => {
    mode[fd] = 0
    open.delete(fd)
    libc.close(fd)
  }
  const accept = (listener: number): void => {
    for (;;) {
      peerLength[0] = peer.length
      const fd = libc.accept4(listener, peer, peerLength, SOCK.NONBLOCK | SOCK.CLOEXEC)
      if (fd < 0) return
      register(fd, place[listener] ?? 0, NEW)
      countsAt(fd).accepted++
    }
  }
  const begin = (fd: number, count: number): void => {
    const what = buffer[0] ?? 0
    mode[fd] = what
    if (what === MODE.PING) libc.send(fd, buffer, count, MSG.NOSIGNAL)
    else if (what === MODE.SOURCE) {
      const both = events.one(EPOLL.IN | EPOLL.OUT, fd, 0)
      libc.epollCtl(epoll, EPOLL.CTL_MOD, fd, both)
    } else if (what === MODE.SINK) countsAt(fd).received += count - 1
    else {
      if (what === MODE.COUNT) {
        const line = Buffer.from(`${JSON.stringify(countsAt(fd))}\n`)
        libc.send(fd, line, line.length, MSG.NOSIGNAL)
      }
      end(fd)
    }
  }
  const read = (fd: number): void => {
    const what = mode[fd]
    const isSink = what === MODE.SINK
    const room = isSink ? GULP_BYTES : 65536
    const count = libc.recv(fd, buffer, room, isSink ? MSG_TRUNC : 0)
    if (count === -ERRNO.EAGAIN) return
    if (count <= 0) end(fd)
    else if (what === NEW) begin(fd, count)
    else if (what === MODE.PING) libc.send(fd, buffer, count, MSG.NOSIGNAL)
    else if (isSink) countsAt(fd).received += count
    else end(fd)
  }
  const write = (fd: number): void => {
    if (mode[fd] !== MODE.SOURCE) return
    const count = libc.send(fd, buffer, CHUNK_BYTES, MSG.NOSIGNAL)
    if (count > 0) countsAt(fd).sent += count
    else if (count !== -ERRNO.EAGAIN) end(fd)
  }
  return {
    turn: timeoutMs => {
      const count = libc.epollWait(epoll, events.bytes, events.count, timeoutMs)
      for (let index = 0; index < count; index++) {
        const fd = events.fd(index)
        const bits = events.events(index)
        if (fd === endFd) onEnd()
        else if (mode[fd] === LISTENER) accept(fd)
        else {
          if (bits & (EPOLL.IN | EPOLL.HUP | EPOLL.ERR)) read(fd)
          if (bits & EPOLL.OUT) write(fd)
        }
      }
    },
    close: () => {
      for (const fd of open) libc.close(fd)
      libc.close(epoll)
    },
  }
}
