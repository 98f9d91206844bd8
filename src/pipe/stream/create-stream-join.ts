import type { CancelTimer, Clock } from '../../core/clock.ts'
import type { StreamSocket } from '../../core/stream-socket.ts'
import { DELIVERY_TIMEOUT_MS } from '../delivery.ts'
import type { EndPipe, Join, PipeOptions, PipeReason, PipeResult } from '../types.ts'
import { awaitDelivery } from './await-delivery.ts'
import { createDirection } from './create-direction.ts'
import type { DirectionEvents } from './create-direction.ts'
import { createSilenceWatch } from './create-silence-watch.ts'
import { closeSocket, resetSocket } from './end-socket.ts'
import { probeSocket } from './probe-socket.ts'
import type { SocketSystem } from './socket-system.ts'
import { portableSystem } from './socket-system.ts'

/**
 * How often a side that is not read, because the other is full, is asked whether it still lives. It is
 * not asked while the other takes bytes, or has taken some shortly before (`DELIVERY_TIMEOUT_MS`): a
 * stream that learns of its failure loses what it has not read.
 */
const PROBE_INTERVAL_MS = 1000

/** What an error of one side says: that its peer is gone (a reset, or a write after one), or something else. */
const reasonOf = (error: Error | null, reset: PipeReason): PipeReason =>
  error !== null && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
    ? reset
    : 'error'

type Parts = { readonly clock: Clock; readonly system: SocketSystem }

const run = (
  { clock, system }: Parts,
  client: StreamSocket,
  upstream: StreamSocket,
  options: PipeOptions,
  done: (result: PipeResult) => void,
): EndPipe => {
  const { idleTimeoutMs, halfCloseTimeoutMs, early, sentBytes = 0 } = options
  let over = false
  let begun = false
  let halfClosed = false
  let cancelTimer: CancelTimer | undefined
  let failed: StreamSocket | null = null
  let failure: PipeReason = 'error'
  const hasFailed = (): boolean => failed !== null

  const finish = (reason: PipeReason): void => {
    if (over) return
    over = true
    silence.stop()
    cancelTimer?.()
    up.stop()
    down.stop()
    client.off('error', onClientError).off('close', onClientClose)
    upstream.off('error', onUpstreamError).off('close', onUpstreamClose)
    const end = hasFailed() ? resetSocket : closeSocket
    end(client)
    end(upstream)
    const bytesUp = sentBytes + up.taken()
    const result = { bytesUp, bytesDown: down.taken(), reason, engine: 'stream' } as const
    if (begun) done(result)
    else queueMicrotask(() => done(result))
  }

  /** What the failed side has sent goes to the other one, which is reset behind it. */
  const fail = (socket: StreamSocket, reason: PipeReason): void => {
    if (over || failed === socket) return
    if (failed) return finish(failure)
    failed = socket
    failure = reason
    silence.stop()
    cancelTimer?.()
    const isClient = socket === client
    const [onward, back, other] = isClient ? [up, down, upstream] : [down, up, client]
    onward.finishSource()
    back.stop()
    other.pause()
    resetSocket(socket)
    const isAcknowledged = (): boolean => {
      const bytes = system.unacknowledged(other)
      // Where the system cannot be asked, the peer has had its time since the last bytes.
      if (bytes === null) return clock.now() - onward.takenAt() >= DELIVERY_TIMEOUT_MS
      // A FIN counts as a byte, and may be lost.
      return bytes <= (other.writableEnded ? 1 : 0)
    }
    const isDelivered = (): boolean => other.destroyed || (onward.isFlushed() && isAcknowledged())
    cancelTimer = awaitDelivery(clock, isDelivered, () => finish(reason))
  }

  const failBy = (socket: StreamSocket, error: Error | null): void =>
    fail(socket, reasonOf(error, socket === client ? 'client-reset' : 'target-reset'))

  const onClientError = (error: Error | null): void => failBy(client, error)
  const onUpstreamError = (error: Error | null): void => failBy(upstream, error)
  // Node closes a socket by itself once both of its sides have ended; the other may still have to flush.
  const onClientClose = (): void => {
    if (!client.readableEnded || !client.writableFinished) fail(client, 'error')
  }
  const onUpstreamClose = (): void => {
    if (!upstream.readableEnded || !upstream.writableFinished) fail(upstream, 'error')
  }

  const probePaused = (): void => {
    cancelTimer = undefined
    const stalledSince = clock.now() - DELIVERY_TIMEOUT_MS
    for (const [direction, source] of [
      [up, client],
      [down, upstream],
    ] as const) {
      if (!direction.isPaused() || direction.takenAt() > stalledSince) continue
      const onAnswer = (error?: Error | null): void => {
        if (error) failBy(source, error)
      }
      // One whose own side has ended cannot be asked by writing.
      if (!probeSocket(source, onAnswer)) onAnswer(system.failureOf(source))
    }
    if (up.isPaused() || down.isPaused()) cancelTimer = clock.after(PROBE_INTERVAL_MS, probePaused)
  }

  const silence = createSilenceWatch(clock, idleTimeoutMs, () =>
    finish(halfClosed && halfCloseTimeoutMs <= idleTimeoutMs ? 'half-close' : 'idle'),
  )
  const events: DirectionEvents = {
    moved: silence.moved,
    // Bulk transfer pauses many times a second: one timer at most, and none while nothing is paused.
    paused: () => (cancelTimer ??= clock.after(PROBE_INTERVAL_MS, probePaused)),
    halfClosed: () => {
      halfClosed = true
      silence.moved()
      silence.shorten(halfCloseTimeoutMs)
    },
    done: () => {
      if (up.isDone() && down.isDone()) finish('eof')
    },
    failed: failBy,
  }
  const up = createDirection(client, upstream, system, events)
  const down = createDirection(upstream, client, system, events)

  client.on('error', onClientError).on('close', onClientClose)
  upstream.on('error', onUpstreamError).on('close', onUpstreamClose)
  // What has happened to a socket before is not reported again.
  if (upstream.destroyed || upstream.errored) onUpstreamError(upstream.errored)
  else if (early && early.length > 0) up.write(early)
  if (client.destroyed || client.errored) onClientError(client.errored)
  if (!hasFailed()) {
    up.start(options.clientEnded === true)
    down.start(false)
  }
  begun = true
  return () => finish(hasFailed() ? failure : 'drain')
}

/**
 * The engine that runs everywhere: Node's own streams, with half-close both ways, backpressure, limits
 * on silence, and a reset on one side passed on to the other. See `Join` for who owns the sockets.
 *
 * The sockets must be open for half-close (`allowHalfOpen`). How much waits in memory for a slow
 * reader is bounded by their `highWaterMark` and one chunk of 64 KiB, each way.
 *
 * @param system what can be asked of the system; by default nothing but the runtime. A reset then waits
 *   for 2 s behind the last bytes, since nobody says when they have arrived
 */
export const createStreamJoin =
  ({
    clock,
    system = portableSystem,
  }: {
    readonly clock: Clock
    readonly system?: SocketSystem
  }): Join =>
  (client, upstream, options, done) =>
    run({ clock, system }, client, upstream, options, done)
