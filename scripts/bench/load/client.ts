import { constants } from 'node:os'
import { AF, EPOLL, ERRNO, MSG, SO, SOCK, SOL_SOCKET } from '../../../src/libc/constants.ts'
import { createEpollEvents } from '../../../src/libc/epoll-events.ts'
import type { Libc } from '../../../src/libc/libc.ts'
import { loopbackAddress } from './loopback-address.ts'
import { must } from './need-libc.ts'
import { connectRequest, socksRequest } from './requests.ts'
import type { Route } from './types.ts'

/** More descriptors than a process is given, as a rule. */
const MAX_FDS = 1 << 18
/** Clients come from many addresses of 127.1.0.0/16, so that their ports do not run out. */
const SOURCES = 200
const FIRST_SOURCE = 0x010001
const IPPROTO_IP = 0
const IP_BIND_ADDRESS_NO_PORT = 24

const CONNECTING = 1
const GREETED = 2
const REQUESTED = 3
const READY = 4
const ASKED_HTTP = 5

const HEAD_END = Buffer.from('\r\n\r\n')
const HTTP_SUCCESS = /^HTTP\/1\.[01] 200/

/** What a job does with its connections. A descriptor may be used again as soon as it is closed. */
export type Handlers = {
  /** The way to the origin is open. */
  readonly ready: (fd: number) => void
  readonly readable: (fd: number) => void
  readonly writable?: (fd: number) => void
  /** It is closed already. */
  readonly failed: (fd: number, why: string) => void
}

export type Client = {
  /** Opens a connection; the handlers tell of what comes of it. */
  readonly open: () => void
  readonly close: (fd: number) => void
  /** All that are open. */
  readonly connections: () => readonly number[]
  /** When it was opened, by performance.now(). */
  readonly openedAt: (fd: number) => number
  /** Changes what is waited for; nothing is reported twice until then (edge-triggered). */
  readonly want: (fd: number, events: number) => void
  /** Handles what is ready, and waits for it at most so long. */
  readonly turn: (timeoutMs: number) => void
  /** Closes everything. */
  readonly end: () => void
}

/** The name of a negative error number. */
const wordsOf = (result: number): string => {
  const [name] = Object.entries(constants.errno).find(([, number]) => number === -result) ?? []
  return name ?? `error number ${-result}`
}

/** Connections to an origin by a route, driven by whoever calls `turn`. */
export const createClient = (libc: Libc, route: Route, handlers: Handlers): Client => {
  const epoll = must('epoll_create1', libc.epollCreate1(EPOLL.CLOEXEC))
  const events = createEpollEvents(512)
  const state = new Uint8Array(MAX_FDS)
  const got = new Uint8Array(MAX_FDS)
  const need = new Uint8Array(MAX_FDS)
  const openedAt = new Float64Array(MAX_FDS)
  const heads = new Uint8Array(MAX_FDS * 4)
  const target = loopbackAddress(route.port)
  const sources = Array.from({ length: SOURCES }, (_, i) => loopbackAddress(0, FIRST_SOURCE + i))
  const on = new Int32Array([1])
  const errorNumber = new Int32Array(1)
  const reply = Buffer.alloc(32)
  const greeting = Buffer.from([5, 1, 0])
  const request = socksRequest(route.socksHost ?? '', route.originPort)
  const head = connectRequest(route.httpHost ?? '', route.originPort)
  const responseHead = Buffer.alloc(1024)
  let opened = 0

  const close = (fd: number): void => {
    state[fd] = 0
    libc.close(fd)
  }
  const fail = (fd: number, why: string): void => {
    close(fd)
    handlers.failed(fd, why)
  }
  const say = (fd: number, bytes: Uint8Array, next: number, answerBytes: number): void => {
    libc.send(fd, bytes, bytes.length, MSG.NOSIGNAL)
    state[fd] = next
    got[fd] = 0
    need[fd] = answerBytes
  }
  const becomeReady = (fd: number): void => {
    state[fd] = READY
    handlers.ready(fd)
  }
  const onConnected = (fd: number, bits: number): void => {
    if (bits & (EPOLL.ERR | EPOLL.HUP)) {
      libc.getsockopt(fd, SOL_SOCKET, SO.ERROR, errorNumber)
      fail(fd, `no connection: ${wordsOf(-(errorNumber[0] ?? 0))}`)
    } else if (route.httpHost !== undefined) say(fd, head, ASKED_HTTP, 0)
    else if (route.socksHost === undefined) becomeReady(fd)
    else say(fd, greeting, GREETED, 2)
  }
  /** RFC 1928 sections 3 and 6: two bytes, then ten; twenty-two where the address is of IPv6. */
  const onAnswer = (fd: number): void => {
    const before = got[fd] ?? 0
    const count = libc.recv(fd, reply, (need[fd] ?? 0) - before, 0)
    if (count === -ERRNO.EAGAIN) return
    if (count <= 0) {
      fail(fd, count === 0 ? 'closed by the proxy' : wordsOf(count))
      return
    }
    for (let i = 0; i < count && before + i < 4; i++) heads[fd * 4 + before + i] = reply[i] ?? 0
    got[fd] = before + count
    const code = heads[fd * 4 + 1] ?? 0
    if (before + count >= 2 && code !== 0) {
      fail(fd, `refused by the proxy with ${code}`)
      return
    }
    if (state[fd] === REQUESTED && before + count >= 4 && heads[fd * 4 + 3] === 4) need[fd] = 22
    if ((got[fd] ?? 0) < (need[fd] ?? 0)) {
      // There may be more already, of which edge-triggered nobody will tell.
      onAnswer(fd)
      return
    }
    if (state[fd] === GREETED) say(fd, request, REQUESTED, 10)
    else becomeReady(fd)
  }
  /** The head of a response comes as one piece: the origin is silent until it is asked. */
  const onHead = (fd: number): void => {
    const count = libc.recv(fd, responseHead, responseHead.length, 0)
    if (count === -ERRNO.EAGAIN) return
    if (count <= 0) {
      fail(fd, count === 0 ? 'closed by the proxy' : wordsOf(count))
      return
    }
    const text = responseHead.toString('latin1', 0, count)
    const isWhole = responseHead.subarray(0, count).subarray(-HEAD_END.length).equals(HEAD_END)
    if (isWhole && HTTP_SUCCESS.test(text)) becomeReady(fd)
    else fail(fd, `refused by the proxy with ${JSON.stringify(text.slice(0, 40))}`)
  }
  const onEvents = (fd: number, bits: number): void => {
    const now = state[fd]
    if (now === READY) {
      if (bits & ~EPOLL.OUT) handlers.readable(fd)
      if (bits & EPOLL.OUT && state[fd] === READY) handlers.writable?.(fd)
    } else if (now === CONNECTING) onConnected(fd, bits)
    else if (now === ASKED_HTTP) {
      if (bits & ~EPOLL.OUT) onHead(fd)
    } else if (now !== 0 && bits & ~EPOLL.OUT) onAnswer(fd)
  }
  const connections = (): readonly number[] =>
    [...state.entries()].flatMap(([fd, now]) => (now === 0 ? [] : [fd]))

  return {
    open: () => {
      const kind = SOCK.STREAM | SOCK.NONBLOCK | SOCK.CLOEXEC
      const fd = must('socket', libc.socket(AF.INET, kind, 0))
      libc.setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, on)
      const source = sources[opened++ % SOURCES] as Uint8Array
      must('bind', libc.bind(fd, source, source.length))
      state[fd] = CONNECTING
      openedAt[fd] = performance.now()
      const result = libc.connect(fd, target, target.length)
      if (result < 0 && result !== -ERRNO.EINPROGRESS) {
        fail(fd, `no connection: ${wordsOf(result)}`)
        return
      }
      const all = EPOLL.IN | EPOLL.OUT | EPOLL.RDHUP | EPOLL.ET
      must('epoll_ctl', libc.epollCtl(epoll, EPOLL.CTL_ADD, fd, events.one(all, fd, 0)))
    },
    close,
    connections,
    openedAt: fd => openedAt[fd] ?? 0,
    want: (fd, wanted) => {
      libc.epollCtl(epoll, EPOLL.CTL_MOD, fd, events.one(wanted, fd, 0))
    },
    turn: timeoutMs => {
      const count = libc.epollWait(epoll, events.bytes, events.count, timeoutMs)
      for (let index = 0; index < count; index++) onEvents(events.fd(index), events.events(index))
    },
    end: () => {
      for (const fd of connections()) close(fd)
      libc.close(epoll)
    },
  }
}
