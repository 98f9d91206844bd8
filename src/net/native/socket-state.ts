import { EventEmitter } from 'node:events'
import type { SocketEnd } from '../../core/socket-end.ts'
import type { OnEvents, Poller } from '../../libc/poller-types.ts'
import { localEnd } from '../../libc/socket-address.ts'
import type { Libc } from '../../libc/types.ts'
import { SOCKET_OPTIONS } from '../node/socket-options.ts'
import type { WriteQueue } from './write-queue.ts'

export type NativeSocketOptions = {
  readonly libc: Libc
  readonly poller: Poller
  /** A connected TCP socket that nobody watches. It is the new socket's. */
  readonly fd: number
  readonly remote: SocketEnd
  /** The system is asked for it where it is not given, when somebody wants to know. */
  readonly local?: SocketEnd | undefined
  /** How the socket begins to watch its descriptor; `Poller.watch` by default, with its meaning. */
  readonly watch?: ((onEvents: OnEvents) => number) | undefined
}

/** What a native socket remembers of itself, one bit each: thousands of them may be open. */
export const STATE = {
  /** `resume` was called, and no `pause` after it. */
  FLOWING: 1,
  /** There is, or may be, something to read. */
  READABLE: 2,
  /** A short read does not say that nothing is left: the peer's FIN or RST has come, or urgent data, before which a read stops. */
  CAREFUL: 4,
  /** The end was read. */
  READ_END: 8,
  /** A turn of reading is to come. */
  READS_SOON: 16,
  /** `write` has told its caller to wait for `drain`. */
  NEEDS_DRAIN: 32,
  /** `end` was called. */
  ENDING: 64,
  FINISHED: 128,
  DESTROYED: 256,
  CLOSED: 512,
} as const

/** The part of a native socket that is only asked: the properties of `StreamSocket`. */
export class NativeSocketState extends EventEmitter {
  protected readonly libc: Libc
  protected readonly poller: Poller
  protected readonly remote: SocketEnd
  protected local: SocketEnd | undefined
  /** -1 where it was closed or given away. */
  protected fd: number
  /** Bits of `STATE`. */
  protected state = 0
  /** Undefined while nothing waits. */
  protected queue: WriteQueue | undefined = undefined
  errored: Error | null = null

  constructor({ libc, poller, fd, remote, local }: NativeSocketOptions) {
    super()
    this.libc = libc
    this.poller = poller
    this.fd = fd
    this.remote = remote
    this.local = local
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
  get readableEnded(): boolean {
    return this.is(STATE.READ_END)
  }
  /** What was read was given out as `data` at once, so none is ever kept. */
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

  /** True where one of the bits is set. */
  protected is(bits: number): boolean {
    return (this.state & bits) !== 0
  }

  private localEnd(): SocketEnd | undefined {
    if (this.fd >= 0) this.local ??= localEnd(this.libc, this.fd)
    return this.local
  }
}
