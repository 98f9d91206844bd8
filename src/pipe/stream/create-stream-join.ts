import type { CancelTimer, Clock } from '../../core/clock.ts'
import type { StreamSocket } from '../../core/stream-socket.ts'
import { DELIVERY_TIMEOUT_MS, awaitDelivery } from '../delivery.ts'
import type { Join, Pipe, PipeOptions, PipeReason, PipeResult } from '../join.ts'
import type { DirectionEvents } from './create-direction.ts'
import { createDirection } from './create-direction.ts'
import type { SocketSystem } from './socket-system.ts'
import {
  closeSocket,
  isUnixSocket,
  portableSystem,
  probeSocket,
  resetSocket,
} from './socket-system.ts'

/** Detects that no byte has moved for too long. */
type SilenceWatch = {
  /** Records that bytes moved. It is cheap: it reads the clock, returns that time, and sets no timer. */
  readonly moved: () => number
  /** Lowers the limit, in milliseconds; a higher limit than before is ignored. */
  readonly shorten: (limitMs: number) => void
  readonly stop: () => void
}

/**
 * @param limitMs the longest time without a byte, in milliseconds, above 0
 * @param expired called once, when no byte has moved for the current limit
 */
export const createSilenceWatch = (
  clock: Clock,
  limitMs: number,
  expired: () => void,
): SilenceWatch => {
  let limit = limitMs
  let last = clock.now()
  let cancel: CancelTimer
  const arm = (): void => {
    // One timer serves the whole pipe: when it fires, `check` looks at the time of the last byte.
    cancel = clock.after(last + limit - clock.now(), check)
  }
  const check = (): void => {
    // Timers may fire a fraction of a millisecond early; wait for the rest.
    if (clock.now() - last < limit) arm()
    else expired()
  }
  arm()
  return {
    moved: () => (last = clock.now()),
    shorten: next => {
      if (next >= limit) return
      limit = next
      cancel()
      arm()
    },
    stop: () => cancel(),
  }
}

/**
 * Milliseconds between two probes of a side that is paused because the other side is full. A side is not
 * probed if the other accepted bytes within `DELIVERY_TIMEOUT_MS`: a stream that learns of its failure
 * loses its unread bytes.
 */
const PROBE_INTERVAL_MS = 1000

/**
 * Maps the error of one side to a reason: its peer is gone (a reset, or a write after one), or another
 * error.
 */
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
): Pipe => {
  const { idleTimeoutMs, halfCloseTimeoutMs, early, sentBytes = 0 } = options
  let over = false
  let begun = false
  let halfClosed = false
  let cancelTimer: CancelTimer | undefined
  let failed: StreamSocket | null = null
  let failure: PipeReason = 'error'
  const hasFailed = (): boolean => failed !== null
  const bytesUp = (): number => sentBytes + up.taken()

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
    const result = {
      bytesUp: bytesUp(),
      bytesDown: down.taken(),
      reason,
      engine: 'stream',
    } as const
    if (begun) done(result)
    else queueMicrotask(() => done(result))
  }

  /** Forwards what the failed side has sent to the other side, which is then reset. */
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
      // Without SIOCOUTQ the peer gets a fixed time after the last bytes.
      if (bytes === null) return clock.now() - onward.takenAt() >= DELIVERY_TIMEOUT_MS
      // A FIN counts as one byte, and may be lost.
      return bytes <= (other.writableEnded ? 1 : 0)
    }
    const isDelivered = (): boolean => other.destroyed || (onward.isFlushed() && isAcknowledged())
    cancelTimer = awaitDelivery(clock, isDelivered, () => finish(reason))
  }

  const failBy = (socket: StreamSocket, error: Error | null): void =>
    fail(socket, reasonOf(error, socket === client ? 'client-reset' : 'target-reset'))

  const onClientError = (error: Error | null): void => failBy(client, error)
  const onUpstreamError = (error: Error | null): void => failBy(upstream, error)
  // Node closes a socket once both of its directions have ended; the other socket may still have to flush.
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
      // A side whose own FIN was sent cannot be probed by a write; nor can a UNIX socket, as a write fails
      // after its peer has closed, although nothing went wrong (unix(7)).
      if (isUnixSocket(source) || !probeSocket(source, onAnswer)) onAnswer(system.failureOf(source))
    }
    if (up.isPaused() || down.isPaused()) cancelTimer = clock.after(PROBE_INTERVAL_MS, probePaused)
  }

  const silence = createSilenceWatch(clock, idleTimeoutMs, () =>
    finish(halfClosed && halfCloseTimeoutMs <= idleTimeoutMs ? 'half-close' : 'idle'),
  )
  const events: DirectionEvents = {
    moved: silence.moved,
    // Bulk transfer pauses many times a second: use one timer at most, and none while nothing is paused.
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
  // Node does not emit earlier events again.
  if (upstream.destroyed || upstream.errored) onUpstreamError(upstream.errored)
  else if (early && early.length > 0) up.write(early)
  if (client.destroyed || client.errored) onClientError(client.errored)
  if (!hasFailed()) {
    up.start(options.clientEnded === true)
    down.start(false)
  }
  begun = true
  return {
    end: () => finish(hasFailed() ? failure : 'drain'),
    bytesUp,
    bytesDown: () => down.taken(),
  }
}

/**
 * The portable engine: Node's streams, with half-close in both directions, backpressure, idle limits, and
 * forwarding of a reset from one side to the other. The pipe owns the sockets (see `Join`).
 *
 * The sockets need `allowHalfOpen`. Each direction buffers at most `highWaterMark` and one chunk of 64 KiB
 * for a slow reader.
 *
 * @param system queries about sockets beyond the stream; by default `portableSystem`, with which a reset
 *   waits for 2 s after the last bytes, because their delivery cannot be checked
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
