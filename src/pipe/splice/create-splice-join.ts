import type { Clock } from '../../core/clock.ts'
import type { StreamSocket } from '../../core/stream-socket.ts'
import type { Join, Pipe, PipeOptions, PipeResult } from '../join.ts'
import type { RelayWorker } from './create-relay-worker.ts'
import type { RelayEnd, RelayOwner } from './relay-slots.ts'

/**
 * Whether a peer is certainly on this host: its address, in the system's spelling, is loopback, 127.0.0.0/8
 * (RFC 1122 section 3.2.1.3) or ::1 (RFC 4291 section 2.5.3).
 */
export const isNear = (address: string | undefined): boolean =>
  address !== undefined && (address === '::1' || address.startsWith('127.'))

/**
 * How long earlier writes may take to be flushed, in milliseconds; after that the stream engine joins the
 * sockets.
 */
const FLUSH_TIMEOUT_MS = 1000

const NOTHING = new Uint8Array(0)

export type SpliceJoinParts = {
  readonly clock: Clock
  /** A relay worker with a free slot, or null. */
  readonly choose: () => RelayWorker | null
  /** The engine for sockets that the kernel cannot relay. */
  readonly stream: Join
  /** Copy bulk in large pieces instead of splice(2) if one of the peers has a loopback address. */
  readonly copyNear: boolean
}

type Detachable = StreamSocket & { readonly detach: () => number }

const isDetachable = (socket: StreamSocket): socket is Detachable => socket.detach !== undefined

/** Whether the descriptor alone holds everything that the socket will still deliver. */
const isWhole = (socket: StreamSocket): boolean =>
  !socket.destroyed &&
  socket.errored === null &&
  !socket.writableEnded &&
  socket.readableLength === 0

const isFlushed = (client: StreamSocket, upstream: StreamSocket): boolean =>
  client.writableLength === 0 && upstream.writableLength === 0

const hasNear = (client: StreamSocket, upstream: StreamSocket): boolean =>
  isNear(client.remoteAddress) || isNear(upstream.remoteAddress)

/** A class, so that thousands of relays share their methods. */
class Relay implements Pipe {
  private readonly worker: RelayWorker
  private readonly slot: number
  private readonly owner: RelayOwner
  private readonly sentBytes: number

  constructor(worker: RelayWorker, slot: number, owner: RelayOwner, sentBytes: number) {
    this.worker = worker
    this.slot = slot
    this.owner = owner
    this.sentBytes = sentBytes
  }

  end(): void {
    this.worker.stop(this.slot, this.owner)
  }
  bytesUp(): number {
    return this.sentBytes + this.worker.slots.bytesUp(this.slot)
  }
  bytesDown(): number {
    return this.worker.slots.bytesDown(this.slot)
  }
}

/** Hands both descriptors to a worker. Both sockets must be whole, and all writes flushed. */
const relay = (
  worker: RelayWorker,
  copyNear: boolean,
  client: Detachable,
  upstream: Detachable,
  options: PipeOptions,
  done: (result: PipeResult) => void,
): Pipe => {
  const { sentBytes = 0, clientEnded = false } = options
  // The closure lives as long as the relay, so it must not capture a socket or the options.
  const owner = ({ bytesUp, bytesDown, reason }: RelayEnd): void =>
    done({ bytesUp: sentBytes + bytesUp, bytesDown, reason, engine: 'splice' })
  const job = {
    clientEnded: clientEnded || client.readableEnded,
    upstreamEnded: upstream.readableEnded,
    copied: copyNear && hasNear(client, upstream),
    unixClient: client.remoteAddress === undefined,
    ownKeepAlive: upstream.hasOwnKeepAlive === true,
    idleMs: options.idleTimeoutMs,
    halfCloseMs: options.halfCloseTimeoutMs,
    client: client.detach(),
    upstream: upstream.detach(),
  }
  return new Relay(worker, worker.begin(job, owner), owner, sentBytes)
}

/**
 * The splice engine: hands the descriptors of both sockets to a relay worker as soon as all earlier writes
 * are flushed. A FIN or RST that arrives meanwhile stays in the descriptor. The stream engine joins sockets
 * that cannot be detached, that have failed or ended, that find no worker with a free slot, or whose early
 * data is not flushed within a second.
 */
export const createSpliceJoin = (parts: SpliceJoinParts): Join => {
  const { clock, choose, stream, copyNear } = parts
  const begin: Join = (client, upstream, options, done) => {
    const isOurs =
      isDetachable(client) &&
      isDetachable(upstream) &&
      isWhole(client) &&
      isWhole(upstream) &&
      isFlushed(client, upstream)
    const worker = isOurs ? choose() : null
    return isOurs && worker
      ? relay(worker, copyNear, client, upstream, options, done)
      : stream(client, upstream, options, done)
  }

  /** Begins when the pending writes are flushed, one of them has failed, or `FLUSH_TIMEOUT_MS` has passed. */
  const beginLater = (
    client: StreamSocket,
    upstream: StreamSocket,
    options: () => PipeOptions,
    done: (result: PipeResult) => void,
  ): Pipe => {
    let pipe: Pipe | null = null
    const goOn = (): void => {
      if (pipe) return
      cancel()
      pipe = begin(client, upstream, options(), done)
    }
    const onTaken = (error?: Error | null): void => {
      if (error || isFlushed(client, upstream)) goOn()
    }
    const cancel = clock.after(FLUSH_TIMEOUT_MS, goOn)
    // The callback of an empty write runs after all earlier writes.
    client.write(NOTHING, onTaken)
    upstream.write(NOTHING, onTaken)
    return {
      end: () => {
        goOn()
        pipe?.end()
      },
      bytesUp: () => pipe?.bytesUp() ?? 0,
      bytesDown: () => pipe?.bytesDown() ?? 0,
    }
  }

  return (client, upstream, options, done) => {
    const isOurs =
      isDetachable(client) && isDetachable(upstream) && isWhole(client) && isWhole(upstream)
    if (!isOurs) return stream(client, upstream, options, done)
    const go = (after: () => PipeOptions): Pipe =>
      upstream.destroyed || isFlushed(client, upstream)
        ? begin(client, upstream, after(), done)
        : beginLater(client, upstream, after, done)

    if (!options.early || options.early.length === 0) return go(() => options)
    const { early, ...rest } = options
    let isTaken = false
    upstream.write(early, error => {
      isTaken = !error
    })
    const { sentBytes = 0 } = options
    // Queued early bytes count as sent here; the stream engine subtracts the bytes still in the queue.
    // Early data whose write failed does not count.
    return go(() =>
      upstream.errored && !isTaken ? rest : { ...rest, sentBytes: sentBytes + early.length },
    )
  }
}
