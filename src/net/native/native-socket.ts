import { codeOf } from '../../core/fail.ts'
import type { StreamSocket } from '../../core/stream-socket.ts'
import { resetOnClose } from '../../libc/connected-socket.ts'
import { EPOLL, ERRNO, MSG, SHUT } from '../../libc/constants.ts'
import { errnoError } from '../../libc/errno-error.ts'
import type { OnEvents } from '../../libc/epoll-events.ts'
import type { NativeSocketOptions } from './socket-state.ts'
import { NativeSocketState, STATE } from './socket-state.ts'
import type { WriteDone } from './write-queue.ts'
import { enqueue, failQueue, misuse, sendBytes, sendQueue } from './write-queue.ts'

/**
 * A `StreamSocket` that can give its descriptor away. While it is paused it reads nothing, and emits
 * `readable` if there may be bytes, end of stream or an error to read.
 */
export type NativeSocket = StreamSocket & {
  readonly detach: () => number
  /**
   * What recv(2) with MSG_PEEK for one byte returns: 1, 0 at end of stream, or a negative error number. An
   * error is returned once.
   */
  readonly peek: () => number
}

/** The read buffer, shared by all sockets: its content is copied out after each read. */
const READ_BUFFER = new Uint8Array(64 * 1024)

/** The most bytes that one socket reads before other sockets get their turn. */
const TURN_BYTES = 256 * 1024

const CAREFUL = EPOLL.PRI | EPOLL.RDHUP | EPOLL.HUP | EPOLL.ERR
const WRITE_EVENTS = EPOLL.OUT | EPOLL.HUP | EPOLL.ERR

/** A read is due if exactly `MAY_READ` of these bits are set. */
const READ_BITS = STATE.FLOWING | STATE.READABLE | STATE.READ_END | STATE.DESTROYED
const MAY_READ = STATE.FLOWING | STATE.READABLE

const copy = (count: number): Buffer => {
  const bytes = Buffer.allocUnsafe(count)
  bytes.set(count === READ_BUFFER.length ? READ_BUFFER : READ_BUFFER.subarray(0, count))
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
    return this.libc.recv(this.fd, READ_BUFFER, 1, MSG.PEEK | MSG.DONTWAIT)
  }

  private refuse(error: Error, done: WriteDone | undefined): boolean {
    if (done) process.nextTick(done, error)
    this.destroy(error)
    return false
  }

  /**
   * Reads what a peer sent before it closed, unless the socket is paused: it may be the answer to what was
   * written. Then calls the callbacks of the failed writes before it closes the descriptor, because a paused
   * socket can still be read then.
   */
  private fail(error: Error, done?: WriteDone): boolean {
    this.errored ??= error
    process.nextTick(() => {
      this.state |= STATE.CAREFUL | STATE.READABLE
      this.readOn()
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
      // Read the peer's data before reporting a failed write.
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
        const count = this.libc.recv(this.fd, READ_BUFFER, READ_BUFFER.length, MSG.DONTWAIT)
        if (count <= 0) return this.readNothing(count)
        // End of stream or an error after the last bytes is reported in a turn of its own.
        left = count < READ_BUFFER.length ? 0 : left - count
        if (count < READ_BUFFER.length && !this.is(STATE.CAREFUL)) this.state &= ~STATE.READABLE
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
      // A write has got the reset, so recv(2) does not report it again: the peer's stream has no end.
      if (codeOf(this.errored) === 'ECONNRESET') return
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
    // If shutdown(2) fails, the connection is already lost, and a read reports that.
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
 * A connected TCP or UNIX socket that uses calls of the C library, with the events of Node's `net.Socket` with
 * `allowHalfOpen`, in the same order and with the same meaning. It is paused at first. As in Node, an
 * `error` without a listener ends the process.
 *
 * Differences: a reset right after the last bytes is reported as ECONNRESET, not as `end`; `writableLength`
 * counts the rest of a partial write; `write` returns false only if bytes are queued; the addresses are
 * still known after the end.
 */
export const createNativeSocket = (options: NativeSocketOptions): NativeSocket =>
  new Native(options)
