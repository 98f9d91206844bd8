import { EventEmitter } from 'node:events'
import { fail } from '../core/fail.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import { EPOLL, ERRNO, MSG, SHUT, SO, SOL_SOCKET } from '../libc/constants.ts'
import { errnoError } from '../libc/errno-error.ts'
import type { Poller } from '../libc/poller-types.ts'
import type { Libc } from '../libc/types.ts'
import { localEnd } from './native-address.ts'
import type { SocketEnd } from './native-address.ts'
import { SOCKET_OPTIONS } from './socket-options.ts'

export type NativeSocketOptions = {
  readonly libc: Libc
  readonly poller: Poller
  /** A connected TCP socket that does not block and that nobody watches. It is the new socket's. */
  readonly fd: number
  readonly remote: SocketEnd
  /** The system is asked for it where it is not given, when somebody wants to know. */
  readonly local?: SocketEnd
}

/** A `StreamSocket` whose descriptor can be had. */
export type NativeSocket = StreamSocket & { readonly detach: () => number }

type Done = (error?: Error | null) => void

/** Bytes that wait for the system to take them. */
type Waiting = { bytes: Uint8Array; readonly done: Done | undefined }

/** What one call of recv may bring. One room for all sockets: nothing stays in it. */
const ROOM = new Uint8Array(64 * 1024)

/** What one socket may read before others have their turn. */
const TURN_BYTES = 256 * 1024

const { highWaterMark: HIGH_WATER_MARK } = SOCKET_OPTIONS

const RECV_FLAGS = MSG.DONTWAIT
const SEND_FLAGS = MSG.DONTWAIT | MSG.NOSIGNAL

/** `struct linger`: on, for no time. Closing then sends RST. */
const NO_LINGER = new Int32Array([1, 0])

/** What a socket knows of itself, one bit each: thousands of them may be open. */
const FLOWING = 1
/** The system has, or may have, more to read. */
const READABLE = 2
/** The peer's FIN or RST is there, behind what can be read. */
const HUNG_UP = 4
/** The end was read. */
const READ_END = 8
const READS_SOON = 16
/** `write` has asked its caller to wait for `drain`. */
const NEEDS_DRAIN = 32
/** `end` was called. */
const ENDING = 64
const FINISHED = 128
const DESTROYED = 256
const CLOSED = 512

const FAREWELL = EPOLL.RDHUP | EPOLL.HUP | EPOLL.ERR

const runAll = (waiting: readonly Waiting[], error: Error | null): void => {
  for (const { done } of waiting) if (done) process.nextTick(done, error)
}

const emitError = (socket: EventEmitter, error: Error): void => {
  socket.emit('error', error)
}

const finish = (socket: Native): void => socket.finish()

class Native extends EventEmitter implements NativeSocket {
  private readonly libc: Libc
  private readonly poller: Poller
  private readonly remote: SocketEnd
  private local: SocketEnd | undefined
  /** -1 where it is closed or given away. */
  private fd: number
  private flags = 0
  private waiting: Waiting[] | undefined
  writableLength = 0
  errored: Error | null = null

  constructor({ libc, poller, fd, remote, local }: NativeSocketOptions) {
    super()
    this.libc = libc
    this.poller = poller
    this.fd = fd
    this.remote = remote
    this.local = local
    const watched = poller.watch(fd, events => this.onEvents(events))
    if (watched < 0) this.destroy(errnoError(watched, 'epoll_ctl'))
  }

  get remoteAddress(): string {
    return this.remote.address
  }
  get remotePort(): number {
    return this.remote.port
  }
  get localAddress(): string | undefined {
    return this.localEnd()?.address
  }
  get localPort(): number | undefined {
    return this.localEnd()?.port
  }
  get destroyed(): boolean {
    return (this.flags & DESTROYED) !== 0
  }
  get closed(): boolean {
    return (this.flags & CLOSED) !== 0
  }
  get writable(): boolean {
    return (this.flags & (DESTROYED | ENDING)) === 0
  }
  get readableEnded(): boolean {
    return (this.flags & READ_END) !== 0
  }
  get readableLength(): number {
    return 0
  }
  get writableEnded(): boolean {
    return (this.flags & ENDING) !== 0
  }
  get writableFinished(): boolean {
    return (this.flags & FINISHED) !== 0
  }
  get writableHighWaterMark(): number {
    return HIGH_WATER_MARK
  }

  write(bytes: Uint8Array, done?: Done): boolean {
    if (this.flags & (DESTROYED | ENDING)) return this.refuse(done)
    let rest = bytes
    if (this.writableLength === 0 && !this.waiting) {
      const sent = this.libc.send(this.fd, bytes, bytes.length, SEND_FLAGS)
      if (sent === bytes.length) {
        if (done) process.nextTick(done, null)
        return true
      }
      if (sent > 0) rest = bytes.subarray(sent)
      else if (sent < 0 && sent !== -ERRNO.EAGAIN) {
        const error = errnoError(sent, 'write')
        if (done) process.nextTick(done, error)
        this.destroy(error)
        return false
      }
    }
    ;(this.waiting ??= []).push({ bytes: rest, done })
    this.writableLength += rest.length
    if (this.writableLength < HIGH_WATER_MARK) return true
    this.flags |= NEEDS_DRAIN
    return false
  }

  end(bytes?: Uint8Array): this {
    if (bytes) this.write(bytes)
    if (this.flags & (DESTROYED | ENDING)) return this
    this.flags |= ENDING
    if (!this.waiting) this.sendFin()
    return this
  }

  pause(): this {
    this.flags &= ~FLOWING
    return this
  }

  resume(): this {
    this.flags |= FLOWING
    this.readSoon()
    return this
  }

  destroy(error?: Error): this {
    if (this.flags & DESTROYED) return this
    const fd = this.release()
    if (fd >= 0) this.libc.close(fd)
    if (this.waiting) runAll(this.waiting, error ?? fail('ERR_BUG', 'the socket was destroyed'))
    this.waiting = undefined
    if (error) {
      this.errored = error
      process.nextTick(emitError, this, error)
    }
    this.poller.soon(() => {
      this.flags |= CLOSED
      this.emit('close', this.errored !== null)
    })
    return this
  }

  resetAndDestroy(): this {
    if (!(this.flags & DESTROYED)) {
      this.libc.setsockopt(this.fd, SOL_SOCKET, SO.LINGER, NO_LINGER)
      this.destroy()
    }
    return this
  }

  detach(): number {
    return this.release()
  }

  /** Not for users: the system has got the FIN. */
  finish(): void {
    if (this.flags & DESTROYED) return
    this.flags |= FINISHED
    this.emit('finish')
    if (this.flags & READ_END) this.destroy()
  }

  private localEnd(): SocketEnd | undefined {
    if (this.fd >= 0) this.local ??= localEnd(this.libc, this.fd)
    return this.local
  }

  private release(): number {
    const { fd } = this
    this.flags |= DESTROYED
    if (fd < 0) return fd
    this.poller.unwatch(fd)
    this.fd = -1
    return fd
  }

  private refuse(done: Done | undefined): boolean {
    const error = fail('ERR_BUG', 'write after end')
    if (done) process.nextTick(done, error)
    this.destroy(error)
    return false
  }

  private onEvents(events: number): void {
    if (events & FAREWELL) this.flags |= HUNG_UP | READABLE
    if (events & EPOLL.IN) this.flags |= READABLE
    // What the peer has sent comes before the failure of what it will not get.
    this.read()
    if (this.waiting && events & (EPOLL.OUT | EPOLL.ERR | EPOLL.HUP)) this.flush()
  }

  private readSoon(): void {
    if ((this.flags & (FLOWING | READABLE | READ_END | DESTROYED | READS_SOON)) !== 3) return
    this.flags |= READS_SOON
    this.poller.soon(() => {
      this.flags &= ~READS_SOON
      this.read()
    })
  }

  private read(): void {
    let left = TURN_BYTES
    try {
      while ((this.flags & (FLOWING | READABLE | READ_END | DESTROYED)) === 3 && left > 0) {
        const count = this.libc.recv(this.fd, ROOM, ROOM.length, RECV_FLAGS)
        if (count <= 0) return this.readNothing(count)
        const full = count === ROOM.length
        // An end right behind the bytes is told in a turn of its own.
        left = full ? left - count : 0
        if (!full && !(this.flags & HUNG_UP)) this.flags &= ~READABLE
        const bytes = Buffer.allocUnsafe(count)
        bytes.set(full ? ROOM : ROOM.subarray(0, count))
        this.emit('data', bytes)
      }
    } finally {
      this.readSoon()
    }
  }

  private readNothing(count: number): void {
    if (count === -ERRNO.EAGAIN) this.flags &= ~READABLE
    else if (count < 0) this.destroy(errnoError(count, 'read'))
    else {
      this.flags |= READ_END
      this.emit('end')
      if (this.flags & FINISHED) this.destroy()
    }
  }

  private flush(): void {
    const { waiting } = this
    if (!waiting || this.fd < 0) return
    let taken = 0
    for (const head of waiting) {
      const { bytes, done } = head
      const sent = this.libc.send(this.fd, bytes, bytes.length, SEND_FLAGS)
      if (sent < 0) {
        waiting.splice(0, taken)
        if (sent !== -ERRNO.EAGAIN) this.destroy(errnoError(sent, 'write'))
        return
      }
      this.writableLength -= sent
      if (sent < bytes.length) {
        head.bytes = bytes.subarray(sent)
        waiting.splice(0, taken)
        return
      }
      taken++
      if (done) process.nextTick(done, null)
    }
    this.waiting = undefined
    if (this.flags & ENDING) this.sendFin()
    else if (this.flags & NEEDS_DRAIN) {
      this.flags &= ~NEEDS_DRAIN
      this.emit('drain')
    }
  }

  private sendFin(): void {
    // Where the peer is gone already the system refuses, and reading tells why.
    this.libc.shutdown(this.fd, SHUT.WR)
    process.nextTick(finish, this)
  }
}

/**
 * A connected TCP socket that is driven by calls of the C library, with the events, their order and
 * their meaning of Node's `net.Socket` with `allowHalfOpen`. It begins paused. As with Node's, an
 * `error` that nobody listens to ends the process.
 *
 * Where it differs: a reset right behind the last bytes is told as `ECONNRESET` and not as an end, and
 * `writableLength` counts what is left of a write that was taken in part.
 */
export const createNativeSocket = (options: NativeSocketOptions): NativeSocket =>
  new Native(options)
