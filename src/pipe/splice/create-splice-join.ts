import type { Clock } from '../../core/clock.ts'
import { isNear } from '../../core/is-near.ts'
import type { StreamSocket } from '../../core/stream-socket.ts'
import type { EndPipe, Join, PipeOptions, PipeResult } from '../types.ts'
import type { RelayWorker } from './create-relay-worker.ts'
import type { RelayEnd } from './relay-slots.ts'

/** How long what was written before may take to leave; after that the streams go on with it. */
const FLUSH_TIMEOUT_MS = 1000

const NOTHING = new Uint8Array(0)

export type SpliceJoinParts = {
  readonly clock: Clock
  /** A relay worker with room, or null. */
  readonly choose: () => RelayWorker | null
  /** What joins where the kernel cannot. */
  readonly stream: Join
  /** Bulk goes by large copies, in place of splice(2), where one of the peers is on this host. */
  readonly copyNear: boolean
}

type Detachable = StreamSocket & { readonly detach: () => number }

const isDetachable = (socket: StreamSocket): socket is Detachable => socket.detach !== undefined

/** Whether everything that comes of a socket from now on can come of its descriptor. */
const isWhole = (socket: StreamSocket): boolean =>
  !socket.destroyed &&
  socket.errored === null &&
  !socket.writableEnded &&
  socket.readableLength === 0

const isFlushed = (client: StreamSocket, upstream: StreamSocket): boolean =>
  client.writableLength === 0 && upstream.writableLength === 0

const hasNear = (client: StreamSocket, upstream: StreamSocket): boolean =>
  isNear(client.remoteAddress) || isNear(upstream.remoteAddress)

/** Gives both descriptors to a worker. Both sockets are whole, and the system has all that was written. */
const relay = (
  worker: RelayWorker,
  copyNear: boolean,
  client: Detachable,
  upstream: Detachable,
  options: PipeOptions,
  done: (result: PipeResult) => void,
): EndPipe => {
  const { sentBytes = 0, clientEnded = false } = options
  // What the two functions below close over lives as long as the relay: no socket, no options.
  const owner = ({ bytesUp, bytesDown, reason }: RelayEnd): void =>
    done({ bytesUp: sentBytes + bytesUp, bytesDown, reason, engine: 'splice' })
  const job = {
    clientEnded: clientEnded || client.readableEnded,
    upstreamEnded: upstream.readableEnded,
    copied: copyNear && hasNear(client, upstream),
    idleMs: options.idleTimeoutMs,
    halfCloseMs: options.halfCloseTimeoutMs,
    client: client.detach(),
    upstream: upstream.detach(),
  }
  const slot = worker.begin(job, owner)
  return () => worker.stop(slot, owner)
}

/**
 * The engine where the kernel moves the bytes: it gives the descriptors of both sockets to a relay
 * worker as soon as all that was written before has left. A FIN or RST that comes meanwhile is still in
 * the descriptor. Sockets whose descriptor cannot be had, or that have failed or ended already, and
 * those for which no worker has room, are joined by streams; so are those whose peer is so slow that
 * the early data does not leave within a second.
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

  /** Begins once the system has got what waits in the sockets, or never will, or takes too long. */
  const beginLater = (
    client: StreamSocket,
    upstream: StreamSocket,
    options: () => PipeOptions,
    done: (result: PipeResult) => void,
  ): EndPipe => {
    let end: EndPipe | null = null
    const goOn = (): void => {
      if (end) return
      cancel()
      end = begin(client, upstream, options(), done)
    }
    const onTaken = (error?: Error | null): void => {
      if (error || isFlushed(client, upstream)) goOn()
    }
    const cancel = clock.after(FLUSH_TIMEOUT_MS, goOn)
    // Nothing is written behind all that waits: it is taken last.
    client.write(NOTHING, onTaken)
    upstream.write(NOTHING, onTaken)
    return () => {
      goOn()
      end?.()
    }
  }

  return (client, upstream, options, done) => {
    const isOurs =
      isDetachable(client) && isDetachable(upstream) && isWhole(client) && isWhole(upstream)
    if (!isOurs) return stream(client, upstream, options, done)
    const go = (after: () => PipeOptions): EndPipe =>
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
    // What still waits in a socket that lives was sent, as far as the streams know: they count it when
    // it is taken. Early data that was refused was not.
    return go(() =>
      upstream.errored && !isTaken ? rest : { ...rest, sentBytes: sentBytes + early.length },
    )
  }
}
