import { Duplex } from 'node:stream'
import { fail } from '../../../core/fail.ts'
import type { StreamSocket } from '../../../core/stream-socket.ts'
import { ignoreErrors } from '../../../core/stream-socket.ts'

const NOTHING = new Uint8Array(0)

/**
 * Size of the slices in which bytes with much framing are pushed, one in each turn of the event loop. `node:http`
 * takes about 1 us and 500 bytes of memory for each chunk, however small.
 */
const SLICE_BYTES = 4096

/** One of so many bytes may be framing: chunks of some 50 bytes. */
const FRAMING_SHARE = 8

type WriteDone = (error?: Error | null) => void

/** The hooks of a stream over a socket. */
export type SocketStreamHooks = {
  /** The stream wants more bytes: call `push`. */
  readonly wanted: () => void
  /** All bytes are written and the stream was ended. Default: the socket sends FIN. */
  readonly ended?: () => void
  /** The socket accepted bytes. */
  readonly wrote?: (count: number) => void
}

/**
 * A Node stream over a socket of the daemon, which `node:http` can use on both of its sides. The stream writes
 * to the socket and closes it; its owner reads from the socket and calls `push`. The socket must have an
 * error listener of its own.
 */
export class SocketStream extends Duplex {
  readonly socket: StreamSocket
  private readonly hooks: SocketStreamHooks
  private failure: Error | null = null
  private isHeld = false
  /** Whether more bytes are wanted once the stream is released. */
  private wantsBytes = false
  /** What was given to `push` and is not pushed yet, and whether the end follows it. */
  private unpushed: Uint8Array = NOTHING
  private isEnding = false
  private later: NodeJS.Immediate | null = null
  /** Whether the last bytes were framing to a great part, or none are known. */
  private isFramed = true
  /** Number of bytes pushed since the last call of `passed`. */
  private pushed = 0

  constructor(socket: StreamSocket, hooks: SocketStreamHooks) {
    // Node names no encoding for a head that it writes without a body: a character of it is a byte.
    super({ allowHalfOpen: true, defaultEncoding: 'latin1' })
    this.socket = socket
    this.hooks = hooks
    ignoreErrors(this)
  }

  /** Whether the socket has failed. Bytes that arrived before may still be unread. */
  hasFailed(): boolean {
    return this.failure !== null
  }

  /** Destroys the stream with this error, but only once the bytes before the error have been read. */
  failAfterBytes(error: Error): void {
    if (this.failure) return
    this.failure = error
    const destroyIfRead = (): void => {
      if (!this.hasUnread()) this.destroy(error)
    }
    // A listener for `data` does not resume a stream that was paused.
    if (this.hasUnread() && !this.destroyed) {
      this.on('data', () => process.nextTick(destroyIfRead))
    } else this.destroy(error)
  }

  /** Calls `run` later, when no byte that was pushed is unread; more than once if more are pushed. */
  whenRead(run: () => void): void {
    const runIfRead = (): void => {
      if (!this.hasUnread()) run()
    }
    process.nextTick(runIfRead)
    // A listener for `data` does not resume a stream that was paused.
    if (this.hasUnread()) this.on('data', () => process.nextTick(runIfRead))
  }

  /** Wants and passes on no more bytes until `release`, but for the first slice of a push. */
  hold(): void {
    this.isHeld = true
  }

  release(): void {
    this.isHeld = false
    if (!this.wantsBytes) return
    this.wantsBytes = false
    this._read()
  }

  /**
   * Sets the size of slices by what the last ones were.
   *
   * @param content number of bytes of a body that `node:http` found since the last call; the rest was framing
   */
  passed(content: number): void {
    this.isFramed = this.pushed - content > this.pushed / FRAMING_SHARE
    this.pushed = 0
  }

  /** @returns false if the stream wants no more for now: `wanted` follows */
  override push(chunk: Uint8Array | null): boolean {
    this.unpushed =
      this.unpushed.length === 0
        ? (chunk ?? NOTHING)
        : Buffer.concat([this.unpushed, chunk ?? NOTHING])
    this.isEnding ||= chunk === null
    return this.pushSlice()
  }

  override _read(): void {
    if (this.isHeld) this.wantsBytes = true
    else if (this.unpushed.length === 0) this.hooks.wanted()
    // Others have their turn in between.
    else
      this.later ??= setImmediate(() => {
        this.later = null
        if (this.isHeld) this.wantsBytes = true
        else if (this.pushSlice()) this.hooks.wanted()
      })
  }

  /** @returns whether more is wanted, and nothing is left to push */
  private pushSlice(): boolean {
    if (this.destroyed) return false
    const slice = this.isFramed ? this.unpushed.subarray(0, SLICE_BYTES) : this.unpushed
    this.unpushed = this.unpushed.subarray(slice.length)
    this.pushed += slice.length
    const wantsMore = slice.length === 0 || super.push(slice)
    if (this.unpushed.length > 0) {
      if (wantsMore) this._read()
      return false
    }
    if (this.isEnding) return super.push(null)
    if (this.isHeld && wantsMore) this.wantsBytes = true
    return wantsMore && !this.isHeld
  }

  /** Whether bytes that were given to `push` are still unread. */
  protected hasUnread(): boolean {
    return this.readableLength > 0 || this.unpushed.length > 0
  }

  override _write(chunk: Uint8Array, _encoding: string, done: WriteDone): void {
    const { length } = chunk
    this.socket.write(chunk, error => {
      // The response of a target that resets its connection early may be here already.
      if (error) return this.failAfterBytes(error)
      this.hooks.wrote?.(length)
      done()
    })
  }

  /** `node:http` writes a head and the start of its body together: they go out in one packet. */
  override _writev(chunks: readonly { readonly chunk: Uint8Array }[], done: WriteDone): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'buffer', done)
  }

  override _final(done: WriteDone): void {
    if (this.hooks.ended) this.hooks.ended()
    else this.socket.end()
    done()
  }

  override _destroy(error: Error | null, done: WriteDone): void {
    this.unpushed = NOTHING
    if (this.later) clearImmediate(this.later)
    const { socket } = this
    if (socket.closed) return done(error)
    socket.once('close', () => done(error))
    if (!socket.destroyed) socket.destroy()
  }
}

/** A stream over a connection to a target. */
export class TargetStream extends SocketStream {
  /** True while a request is on the connection; false while it is idle. */
  isBusy = true
  /** Bytes that arrived since the last request began. */
  received = 0
  /** The response to the last request, once its head is there. The client may read it more slowly than it arrives. */
  response: { readonly complete: boolean } | null = null
  private isOver = false

  /** @param moved called with the number of bytes that were read or accepted */
  constructor(socket: StreamSocket, moved: (count: number) => void) {
    super(socket, { wanted: () => void socket.resume(), wrote: moved })
    socket
      .on('data', (chunk: Buffer) => {
        this.received += chunk.length
        moved(chunk.length)
        // The bytes would be taken for the response to the next request.
        if (!this.isBusy || this.response?.complete === true) this.destroy()
        else if (!this.push(chunk)) socket.pause()
      })
      .on('end', () => this.onEnd())
      .on('error', (error: Error) => this.failAfterBytes(error))
      .on('close', () => {
        if (!this.isOver)
          this.failAfterBytes(fail('ECONNRESET', 'the target closed the connection'))
      })
  }

  /** Node's agent calls it before it uses a connection again. The poller keeps the process alive. */
  ref(): this {
    return this
  }

  /** Whether another request may be sent. */
  isReusable(): boolean {
    const isOpen = !this.destroyed && !this.isOver && !this.hasFailed()
    return isOpen && !this.isBusy && !this.hasUnread()
  }

  private onEnd(): void {
    const { socket } = this
    this.isOver = true
    if (!this.isBusy) {
      this.destroy()
      return
    }
    // Node reports a reset right after the last bytes as `end`. An empty write sends nothing, but fails on a
    // socket that was reset: a response that ends with its connection must not look complete.
    if (socket.writableEnded) this.push(null)
    else {
      socket.write(NOTHING, error => {
        if (error) this.failAfterBytes(error)
        else if (!this.destroyed) this.push(null)
      })
    }
  }
}
