import { Duplex } from 'node:stream'
import { fail } from '../../../core/fail.ts'
import type { StreamSocket } from '../../../core/stream-socket.ts'
import { ignoreErrors } from '../../../core/stream-socket.ts'

const NOTHING = new Uint8Array(0)

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
      if (this.readableLength === 0) this.destroy(error)
    }
    // A listener for `data` does not resume a stream that was paused.
    if (this.readableLength > 0 && !this.destroyed) {
      this.on('data', () => process.nextTick(destroyIfRead))
    } else this.destroy(error)
  }

  /** Calls `run` later, when no byte that was pushed is unread; more than once if more are pushed. */
  whenRead(run: () => void): void {
    const runIfRead = (): void => {
      if (this.readableLength === 0) run()
    }
    process.nextTick(runIfRead)
    // A listener for `data` does not resume a stream that was paused.
    if (this.readableLength > 0) this.on('data', () => process.nextTick(runIfRead))
  }

  override _read(): void {
    this.hooks.wanted()
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
  private isOver = false

  /** @param moved called with the number of bytes that were read or accepted */
  constructor(socket: StreamSocket, moved: (count: number) => void) {
    super(socket, { wanted: () => void socket.resume(), wrote: moved })
    socket
      .on('data', (chunk: Buffer) => {
        this.received += chunk.length
        moved(chunk.length)
        // The bytes would be taken for the response to the next request.
        if (!this.isBusy) this.destroy()
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
    return !this.isBusy && !this.destroyed && !this.isOver && !this.hasFailed()
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
