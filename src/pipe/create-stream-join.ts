import type { StreamSocket } from '../core/stream-socket.ts'
import type { CancelTimer, Clock } from '../core/clock.ts'
import { createDirection } from './create-direction.ts'
import type { DirectionEvents } from './create-direction.ts'
import { createSilenceWatch } from './create-silence-watch.ts'
import { closeSocket, resetSocket } from './end-socket.ts'
import { probeSocket } from './probe-socket.ts'
import type { EndPipe, Join, PipeOptions, PipeReason, PipeResult } from './types.ts'

/** How often a side that is not read, because the other is full, is asked whether it still lives. */
const PROBE_INTERVAL_MS = 1000

/** What an error of one side says: that its peer is gone (a reset, or a write after one), or something else. */
const reasonOf = (error: Error | null, reset: PipeReason): PipeReason =>
  error !== null && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
    ? reset
    : 'error'

const run = (
  clock: Clock,
  client: StreamSocket,
  upstream: StreamSocket,
  options: PipeOptions,
  done: (result: PipeResult) => void,
): EndPipe => {
  const { idleTimeoutMs, halfCloseTimeoutMs, sentBytes = 0 } = options
  let over = false
  let begun = false
  let halfClosed = false
  let cancelProbe: CancelTimer | undefined

  const finish = (reason: PipeReason): void => {
    if (over) return
    over = true
    silence.stop()
    cancelProbe?.()
    up.stop()
    down.stop()
    client.off('error', onClientError).off('close', onClientClose)
    upstream.off('error', onUpstreamError).off('close', onUpstreamClose)
    const end =
      reason === 'client-reset' || reason === 'target-reset' || reason === 'error'
        ? resetSocket
        : closeSocket
    end(client)
    end(upstream)
    const bytesUp = sentBytes + up.taken()
    const result = { bytesUp, bytesDown: down.taken(), reason, engine: 'stream' } as const
    if (begun) done(result)
    else queueMicrotask(() => done(result))
  }

  const onClientError = (error: Error | null): void => finish(reasonOf(error, 'client-reset'))
  const onUpstreamError = (error: Error | null): void => finish(reasonOf(error, 'target-reset'))
  // Node closes a socket by itself once both of its sides have ended; the other may still have to flush.
  const onClientClose = (): void => {
    if (!client.readableEnded || !client.writableFinished) finish('error')
  }
  const onUpstreamClose = (): void => {
    if (!upstream.readableEnded || !upstream.writableFinished) finish('error')
  }
  const onEnd = (): void => finish('drain')

  const probePaused = (): void => {
    cancelProbe = undefined
    if (up.isPaused()) probeSocket(client)
    if (down.isPaused()) probeSocket(upstream)
    if (up.isPaused() || down.isPaused()) cancelProbe = clock.after(PROBE_INTERVAL_MS, probePaused)
  }

  const silence = createSilenceWatch(clock, idleTimeoutMs, () =>
    finish(halfClosed && halfCloseTimeoutMs <= idleTimeoutMs ? 'half-close' : 'idle'),
  )
  const events: DirectionEvents = {
    moved: silence.moved,
    // Bulk transfer pauses many times a second: one timer at most, and none while nothing is paused.
    paused: () => (cancelProbe ??= clock.after(PROBE_INTERVAL_MS, probePaused)),
    halfClosed: () => {
      halfClosed = true
      silence.moved()
      silence.shorten(halfCloseTimeoutMs)
    },
    done: () => {
      if (up.isDone() && down.isDone()) finish('eof')
    },
  }
  const up = createDirection(client, upstream, events)
  const down = createDirection(upstream, client, events)

  client.on('error', onClientError).on('close', onClientClose)
  upstream.on('error', onUpstreamError).on('close', onUpstreamClose)
  // What has happened to a socket before is not reported again.
  if (client.destroyed) onClientError(client.errored)
  else if (upstream.destroyed) onUpstreamError(upstream.errored)
  else {
    up.start(options.early, options.clientEnded === true)
    down.start(undefined, false)
  }
  begun = true
  return onEnd
}

/**
 * The engine that runs everywhere: Node's own streams, with half-close both ways, backpressure, limits
 * on silence, and a reset on one side passed on to the other. See `Join` for who owns the sockets.
 *
 * The sockets must be open for half-close (`allowHalfOpen`). How much waits in memory for a slow
 * reader is bounded by their `highWaterMark` and one chunk of 64 KiB, each way.
 */
export const createStreamJoin =
  ({ clock }: { readonly clock: Clock }): Join =>
  (client, upstream, options, done) =>
    run(clock, client, upstream, options, done)
