import type { PipeReason } from '../../../pipe/join.ts'
import { emitClose, emitRejected, emitRequest } from '../../session-events.ts'
import type { SessionState } from '../../session-state.ts'
import { factsOf } from '../../session-state.ts'
import type { ForwardedRequest } from './exchange.ts'
import type { RequestRefusal } from './request-gate.ts'
import type { Upstream } from './upstream.ts'

/** What a connection has done so far, for its events. */
export type ConnectionRecord = {
  /** Bytes were read from the client. */
  readonly readBytes: (count: number) => void
  /** The client's socket has accepted bytes. */
  readonly wroteBytes: (count: number) => void
  /**
   * Lets the connection be shown, counted and ended from outside. As long as no target was connected, its bytes
   * will not be in `close`.
   */
  readonly setLive: (
    end: () => void,
    upstream: Pick<Upstream, 'lastWon' | 'isRacing' | 'connectedTo'>,
  ) => void
  /** Bytes were moved on the connection to the target. */
  readonly moved: () => void
  /** When a byte was moved last. */
  readonly movedAt: () => number
  /** Notes why the connection ends. The first reason stays. */
  readonly endsBy: (reason: PipeReason) => void
  /** Whether the connection ends because nothing came in time. */
  readonly endsIdle: () => boolean
  readonly beginRequest: () => void
  /** @param taken bytes of all requests so far, as `ClientInput` counts them */
  readonly emitRequest: (request: ForwardedRequest, status: number | null, taken: number) => void
  readonly emitRejected: (refusal: RequestRefusal) => void
  /** A race has emitted an event that says why the client got no connection. */
  readonly raceEnded: () => void
  /**
   * Emits the end of the connection: `close` if a target was connected; nothing if an earlier event said so; else `rejected`.
   *
   * @param gone why a client that has left had no answer
   */
  readonly emitEnd: (
    hasConnected: boolean,
    gone: Pick<RequestRefusal, 'reason' | 'message'>,
  ) => void
}

/** @param size bytes that were read from the client before */
export const createConnectionRecord = (state: SessionState, size: number): ConnectionRecord => {
  const { clock } = state.parts
  let bytesUp = size
  let bytesDown = 0
  let reason: PipeReason | null = null
  /** An event has said why the client got no connection. */
  let hasEvent = false
  let movedAt = clock.now()
  let begin = { at: movedAt, down: 0 }
  /** Bytes of the requests before. */
  let upBefore = 0

  const moved = (): void => {
    movedAt = clock.now()
  }

  return {
    readBytes: count => {
      bytesUp += count
      moved()
    },
    wroteBytes: count => {
      bytesDown += count
      moved()
    },
    setLive: (end, { lastWon, isRacing, connectedTo }) => {
      state.live.end = end
      state.live.describe = () => {
        const before = lastWon() ? 'relay' : 'handshake'
        const phase = isRacing() ? 'race' : before
        return { ...factsOf(state), state: phase, winner: connectedTo() }
      }
      state.live.bytesUp = () => (lastWon() ? bytesUp : 0)
      state.live.bytesDown = () => (lastWon() ? bytesDown : 0)
    },
    moved,
    movedAt: () => movedAt,
    endsBy: why => {
      reason ??= why
    },
    endsIdle: () => reason === 'idle',
    beginRequest: () => {
      moved()
      begin = { at: movedAt, down: bytesDown }
    },
    emitRequest: ({ head, path }, status, taken) => {
      const up = taken - upBefore
      upBefore = taken
      emitRequest(state, {
        method: head.method,
        path: path.replace(/\?.*$/s, ''),
        status,
        bytesUp: up,
        bytesDown: bytesDown - begin.down,
        durationMs: clock.now() - begin.at,
      })
    },
    emitRejected: ({ reason: why, message, status }) => {
      hasEvent = true
      emitRejected(state, why, message, status)
    },
    raceEnded: () => {
      hasEvent = true
    },
    emitEnd: (hasConnected, gone) => {
      if (hasConnected || (reason === 'drain' && !hasEvent)) {
        emitClose(state, { bytesUp, bytesDown, engine: 'stream', reason: reason ?? 'eof' })
      } else if (!hasEvent) emitRejected(state, gone.reason, gone.message, null)
    },
  }
}
