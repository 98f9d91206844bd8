import { EventEmitter } from 'node:events'
import type { SocketEnd } from '../../core/stream-socket.ts'
import type { Libc } from '../../libc/libc.ts'
import type { OnEvents, Poller } from '../../libc/epoll-events.ts'
import { localEnd } from '../../libc/socket-address.ts'
import { SOCKET_OPTIONS } from '../socket-tuning.ts'
import type { WriteQueue } from './write-queue.ts'

export type NativeSocketOptions = {
  readonly libc: Libc
  readonly poller: Poller
  /** A connected stream socket that is not watched. The new socket owns it. */
  readonly fd: number
  /** Undefined for a UNIX socket. */
  readonly remote: SocketEnd | undefined
  /** The local end. If absent, it is read from the system on first use. */
  readonly local?: SocketEnd | undefined
  /** Its keepalive differs from the daemon's, and is set already. */
  readonly hasOwnKeepAlive?: boolean
  /** Starts to watch the descriptor; `Poller.watch` by default, with the same contract. */
  readonly watch?: ((onEvents: OnEvents) => number) | undefined
}

/** State bits of a native socket: bits, because thousands of sockets may be open. */
export const STATE = {
  /** `resume` was called, and not `pause` since. */
  FLOWING: 1,
  /** The socket may have data to read. */
  READABLE: 2,
  /**
   * A short read does not mean that the receive queue is empty: the peer's FIN or RST has arrived, or
   * urgent data, before which a read stops; or it is a UNIX socket.
   */
  CAREFUL: 4,
  /** End of stream was read. */
  READ_END: 8,
  /** A read is scheduled. */
  READS_SOON: 16,
  /** `write` has returned false, so `drain` must follow. */
  NEEDS_DRAIN: 32,
  /** `end` was called. */
  ENDING: 64,
  FINISHED: 128,
  DESTROYED: 256,
  CLOSED: 512,
  /** Keepalive is set already. */
  OWN_KEEPALIVE: 1024,
} as const

/** The properties of `StreamSocket` that only read the state. */
export class NativeSocketState extends EventEmitter {
  protected readonly libc: Libc
  protected readonly poller: Poller
  protected readonly remote: SocketEnd | undefined
  protected local: SocketEnd | undefined
  /** -1 once it is closed or detached. */
  protected fd: number
  /** Bits of `STATE`. */
  protected state = 0
  /** Undefined while no bytes are queued. */
  protected queue: WriteQueue | undefined = undefined
  errored: Error | null = null

  constructor({ libc, poller, fd, remote, local, hasOwnKeepAlive }: NativeSocketOptions) {
    super()
    this.libc = libc
    this.poller = poller
    this.fd = fd
    this.remote = remote
    // A read of a UNIX socket stops behind passed descriptors (unix(7)).
    if (!remote) this.state = STATE.CAREFUL
    if (hasOwnKeepAlive) this.state |= STATE.OWN_KEEPALIVE
    this.local = local
  }

  get remoteAddress(): string | undefined {
    return this.remote?.address
  }
  get remotePort(): number | undefined {
    return this.remote?.port
  }
  get localAddress(): string | undefined {
    return this.localEnd()?.address
  }
  get localPort(): number | undefined {
    return this.localEnd()?.port
  }
  get destroyed(): boolean {
    return this.is(STATE.DESTROYED)
  }
  get closed(): boolean {
    return this.is(STATE.CLOSED)
  }
  get writable(): boolean {
    return this.errored === null && !this.is(STATE.ENDING | STATE.DESTROYED)
  }
  get descriptor(): number {
    return this.fd
  }
  get hasOwnKeepAlive(): boolean {
    return this.is(STATE.OWN_KEEPALIVE)
  }
  get readableEnded(): boolean {
    return this.is(STATE.READ_END)
  }
  /** Always 0: bytes are emitted as `data` as soon as they are read. */
  get readableLength(): number {
    return 0
  }
  get writableEnded(): boolean {
    return this.is(STATE.ENDING)
  }
  get writableFinished(): boolean {
    return this.is(STATE.FINISHED)
  }
  get writableLength(): number {
    return this.queue?.length ?? 0
  }
  get writableHighWaterMark(): number {
    return SOCKET_OPTIONS.highWaterMark
  }

  /** True if any of the bits is set. */
  protected is(bits: number): boolean {
    return (this.state & bits) !== 0
  }

  private localEnd(): SocketEnd | undefined {
    if (this.fd >= 0) this.local ??= localEnd(this.libc, this.fd)
    return this.local
  }
}
