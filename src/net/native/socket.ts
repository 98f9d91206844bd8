import type { StreamSocket } from '../../core/stream-socket.ts'
import { EPOLL, ERRNO, MSG, SHUT } from '../../libc/constants.ts'
import { errnoError } from '../../libc/errno-error.ts'
import type { OnEvents } from '../../libc/poller-types.ts'
import { resetOnClose } from '../../libc/reset-on-close.ts'
import { NativeSocketState, STATE } from './socket-state.ts'
import type { NativeSocketOptions } from './socket-state.ts'
import { enqueue, failQueue, misuse, sendBytes, sendQueue } from './write-queue.ts'
import type { WriteDone } from './write-queue.ts'

/**
 * A `StreamSocket` whose descriptor can be had. While it is paused, `readable` tells that there may be
 * something to read, an end or an error too, or that there may be more of it; it reads nothing.
 */
export type NativeSocket = StreamSocket & {
  readonly detach: () => number
  /** What a call of recv for one byte would return, and the byte stays unread: 1, 0 at the end, or a negative error number. An error is told once. */
  readonly peek: () => number
}

/** What one call of recv may bring. One room for all sockets: nothing stays in it. */
const ROOM = new Uint8Array(64 * 1024)

/** What one socket may read before others have their turn. */
const TURN_BYTES = 256 * 1024

const CAREFUL = EPOLL.PRI | EPOLL.RDHUP | EPOLL.HUP | EPOLL.ERR
const WRITE_EVENTS = EPOLL.OUT | EPOLL.HUP | EPOLL.ERR

/** Reading goes on where of these bits exactly `MAY_READ` are set. */
const READ_BITS = STATE.FLOWING | STATE.READABLE | STATE.READ_END | STATE.DESTROYED
const MAY_READ = STATE.FLOWING | STATE.READABLE

const copy = (count: number): Buffer => {
  const bytes = Buffer.allocUnsafe(count)
  bytes.set(count === ROOM.length ? ROOM : ROOM.subarray(0, count))
  return bytes
}

class Native extends NativeSocketState implements NativeSocket {
  constructor(options: NativeSocketOptions) {
    super(options)
    const onEvents: OnEvents = events => this.onEvents(events)
    const watched = options.watch?.(onEvents) ?? this.poller.watch(this.fd, onEvents)
    if (watched < 0) this.destroy(errnoError(watched, 'epoll_ctl'))
  }

  write(bytes: Uint8Array, done?: WriteDone): boolean {
    if (this.is(STATE.DESTROYED)) {
      return this.refuse(
        misuse('ERR_STREAM_DESTROYED', 'write after the socket was destroyed'),
        done,
      )
    }
    if (this.errored) {
      if (done) process.nextTick(done, this.errored)
      return false
    }
    if (this.is(STATE.ENDING)) {
      return this.refuse(misuse('ERR_STREAM_WRITE_AFTER_END', 'write after end'), done)
    }
    let rest = bytes
    if (!this.queue) {
      const sent = sendBytes(this.libc, this.fd, bytes)
      if (sent < 0) return this.fail(errnoError(sent, 'write'), done)
      if (sent === bytes.length) {
        if (done) process.nextTick(done, null)
        return true
      }
      rest = bytes.subarray(sent)
    }
    this.queue = enqueue(this.queue, rest, done)
    if (this.queue.length < this.writableHighWaterMark) return true
    this.state |= STATE.NEEDS_DRAIN
    return false
  }

  end(bytes?: Uint8Array): this {
    if (bytes) this.write(bytes)
    if (!this.writable) return this
    this.state |= STATE.ENDING
    if (!this.queue) this.sendFin()
    return this
  }

  pause(): this {
    this.state &= ~STATE.FLOWING
    return this
  }

  resume(): this {
    this.state |= STATE.FLOWING
    this.readSoon()
    return this
  }

  destroy(error?: Error): this {
    const fd = this.detach()
    if (fd < 0) return this
    this.libc.close(fd)
    if (this.queue) process.nextTick(failQueue, this.queue, error)
    if (error) {
      this.errored = error
      process.nextTick(() => this.emit('error', error))
    }
    this.poller.soon(() => {
      this.state |= STATE.CLOSED
      this.emit('close', this.errored !== null)
    })
    return this
  }

  resetAndDestroy(): this {
    if (this.fd >= 0) resetOnClose(this.libc, this.fd)
    return this.destroy()
  }

  detach(): number {
    const { fd } = this
    if (fd < 0) return fd
    this.poller.unwatch(fd)
    this.fd = -1
    this.state |= STATE.DESTROYED
    return fd
  }

  peek(): number {
    return this.libc.recv(this.fd, ROOM, 1, MSG.PEEK | MSG.DONTWAIT)
  }

  private refuse(error: Error, done: WriteDone | undefined): boolean {
    if (done) process.nextTick(done, error)
    this.destroy(error)
    return false
  }

  /** Writes hear of their failure while the descriptor is open: what the peer has sent can still be read. */
  private fail(error: Error, done?: WriteDone): boolean {
    this.errored ??= error
    process.nextTick(() => {
      if (done) done(error)
      if (this.queue) failQueue(this.queue, error)
      this.destroy(error)
    })
    return false
  }

  private onEvents(events: number): void {
    if (events & CAREFUL) this.state |= STATE.CAREFUL | STATE.READABLE
    else if (events & EPOLL.IN) this.state |= STATE.READABLE
    try {
      // What the peer has sent comes before the failure of what it will not get.
      this.readOn()
      if (this.is(STATE.READABLE) && !this.is(STATE.FLOWING | STATE.READ_END)) this.emit('readable')
    } finally {
      if (events & WRITE_EVENTS) this.flush()
    }
  }

  private readSoon(): void {
    if ((this.state & READ_BITS) !== MAY_READ || this.is(STATE.READS_SOON)) return
    this.state |= STATE.READS_SOON
    this.poller.soon(() => {
      this.state &= ~STATE.READS_SOON
      this.readOn()
    })
  }

  private readOn(): void {
    let left = TURN_BYTES
    try {
      while (left > 0 && (this.state & READ_BITS) === MAY_READ) {
        const count = this.libc.recv(this.fd, ROOM, ROOM.length, MSG.DONTWAIT)
        if (count <= 0) return this.readNothing(count)
        // What is behind the last bytes, an end or an error, is told in a turn of its own.
        left = count < ROOM.length ? 0 : left - count
        if (count < ROOM.length && !this.is(STATE.CAREFUL)) this.state &= ~STATE.READABLE
        this.emit('data', copy(count))
      }
    } finally {
      this.readSoon()
    }
  }

  private readNothing(count: number): void {
    if (count === -ERRNO.EAGAIN) this.state &= ~STATE.READABLE
    else if (count < 0) this.destroy(errnoError(count, 'read'))
    else {
      this.state |= STATE.READ_END
      this.emit('end')
      if (this.is(STATE.FINISHED)) this.destroy()
    }
  }

  private flush(): void {
    if (!this.queue || this.fd < 0 || this.errored) return
    const result = sendQueue(this.libc, this.fd, this.queue)
    if (result < 0) this.fail(errnoError(result, 'write'))
    else if (this.queue.entries.length === 0) {
      this.queue = undefined
      if (this.is(STATE.ENDING)) this.sendFin()
      else if (this.is(STATE.NEEDS_DRAIN)) {
        this.state &= ~STATE.NEEDS_DRAIN
        this.emit('drain')
      }
    }
  }

  private sendFin(): void {
    // A system that refuses has lost the peer already; reading tells that.
    this.libc.shutdown(this.fd, SHUT.WR)
    process.nextTick(() => {
      if (this.is(STATE.DESTROYED)) return
      this.state |= STATE.FINISHED
      this.emit('finish')
      if (this.is(STATE.READ_END)) this.destroy()
    })
  }
}

/**
 * A connected TCP socket that is driven by calls of the C library, with the events, their order and
 * their meaning of Node's `net.Socket` with `allowHalfOpen`. It begins paused. As with Node's, an
 * `error` that nobody listens to ends the process.
 *
 * Where it differs: a reset right behind the last bytes is told as ECONNRESET and not as an end;
 * `writableLength` counts what is left of a write that was taken in part; `write` returns false only
 * where something waits; the addresses are known also after its end.
 */
export const createNativeSocket = (options: NativeSocketOptions): NativeSocket =>
  new Native(options)
