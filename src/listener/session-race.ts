import type { HostPort } from '../core/host-port.ts'
import { createRequester } from '../core/requester.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import { summarise } from '../eyeballs/race/summary.ts'
import type { Confirm, DialResult } from '../eyeballs/types.ts'
import { createHelloReader } from '../wire/tls/client-hello.ts'
import type { Closing } from './close-client.ts'
import { closeClient } from './close-client.ts'
import type { EarlyData } from './early-data.ts'
import { createEarlyData } from './early-data.ts'
import { handOver } from './hand-over.ts'
import { brokenRace, judgeFailure } from './race-outcome.ts'
import { emitClose, emitFailed, emitRace, emitRejected, nothingMoved } from './session-events.ts'
import { judgeFor } from './session-judge.ts'
import type { SessionState } from './session-state.ts'
import { finish } from './session-state.ts'
import type { ClientFailure, Protocol, Rejection } from './protocol-types.ts'

/**
 * Creates the client's side of a race with `confirm: tls`. A client sends its ClientHello only after a
 * reply, so it gets the reply for the provisional winner. Early data is then checked until it holds a whole
 * ClientHello or cannot become one; it stays buffered, because only the end of the race determines how much
 * of it the target has received.
 */
const confirmRace =
  (state: SessionState, protocol: Protocol, early: EarlyData): Confirm =>
  ({ address, port, local }, settle) => {
    const { socket } = state.accepted
    if (socket.destroyed) return
    state.answered = protocol.success(local, { address, port })
    if (state.answered) socket.write(state.answered.bytes)
    const read = createHelloReader()
    let size = 0

    const look = (): void => {
      // After a FIN the ClientHello stays incomplete; without one, nothing changes until `size` bytes have arrived.
      if (early.size() < size && !state.clientEnded) return
      const bytes = early.peek()
      const reading = read(bytes)
      if (reading.type === 'more' && !state.clientEnded) {
        size = reading.size
        return
      }
      state.onEarly = null
      settle(reading.type === 'hello' ? bytes : null)
    }

    state.onEarly = look
    look()
  }

type Outcome<Kind> = Extract<DialResult<StreamSocket>, { outcome: Kind }>

/**
 * Races the targets of a client whose handshake is over, and handles the outcome as its protocol requires.
 * The phase must be `race`. The reply follows the race; with `confirm: tls` it follows the provisional
 * winner (docs/racing.md, R39).
 *
 * @param first what the client sent after its request
 * @param preface what the target gets before it, once
 */
export const startRace = (
  state: SessionState,
  protocol: Protocol,
  targets: readonly HostPort[],
  first: Uint8Array | undefined,
  preface: Uint8Array | null,
): void => {
  const { parts } = state
  const { socket, transport, peer } = state.accepted
  const { clock } = parts

  /** A client that has the reply for a provisional winner can only be reset. */
  const refusalOf = (failure: ClientFailure): Pick<Rejection, 'closing' | 'reply'> =>
    state.answered ? { ...state.answered, closing: 'reset' } : protocol.failure(failure)

  const part = (closing: Closing): void => {
    socket.off('data', state.onData)
    closeClient(socket, transport, closing, clock)
  }

  const onWon = (result: Outcome<'won'>): void => {
    const { socket: upstream, address, port, local, trace, greetedBytes, prefaced } = result
    const left = socket.destroyed || state.left
    const success = left || state.answered ? null : protocol.success(local, { address, port })
    emitRace(state, 'won', (success ?? state.answered)?.reply ?? null, trace, summarise(trace))
    if (left) {
      // The client left while the race was won: the target gets an RST and no more bytes.
      upstream.resetAndDestroy()
      const reason = state.draining ? 'drain' : 'client-reset'
      emitClose(state, nothingMoved(reason, greetedBytes))
      socket.destroy()
      return
    }
    if (success) socket.write(success.bytes)
    if (preface && prefaced !== true) upstream.write(preface)
    handOver(state, upstream, result, greetedBytes)
  }

  const onFailed = (result: Outcome<'failed'>): void => {
    state.phase = 'over'
    const verdict = judgeFailure(result)
    const { closing, reply } = refusalOf({ outcome: verdict.outcome, ...verdict.error })
    // A client that has left gets no reply.
    const sent = state.answered || !socket.destroyed ? reply : undefined
    emitFailed(state, verdict, result.trace, sent ?? null)
    part(closing)
  }

  const onAborted = ({ trace }: Outcome<'aborted'>): void => {
    state.phase = 'over'
    emitRace(state, 'aborted', state.answered?.reply ?? null, trace, summarise(trace))
    socket.destroy()
  }

  const onDialled = (result: DialResult<StreamSocket>): void => {
    state.dialling = false
    state.leaveRace = null
    // Read before the handlers run: a socket that is closed already does not emit `close` again.
    const { closed } = socket
    if (result.outcome === 'won') onWon(result)
    else if (result.outcome === 'failed') onFailed(result)
    else onAborted(result)
    if (closed) finish(state)
  }

  /** An internal error of the race engine: it ends this session only, and is logged. */
  const onBroken = (error: unknown): void => {
    state.dialling = false
    state.leaveRace = null
    state.phase = 'over'
    const failure = brokenRace(error)
    emitRejected(state, 'protocol', failure.message, null)
    const { closed } = socket
    part(refusalOf(failure).closing)
    if (closed) finish(state)
  }

  const early = createEarlyData()
  if (first) early.push(first)
  state.early = early
  if (early.full()) socket.pause()
  else socket.resume()
  state.dialling = true
  // The client may have sent FIN before its request was parsed.
  if (state.clientEnded) state.onEnd()
  const judge = judgeFor(parts, { ip: peer.ip, user: state.user, isLocal: peer.isLocal })
  const confirm = confirmRace(state, protocol, early)
  // A client that has already left causes no lookup.
  const requester = createRequester(state.places.client)
  state.requester = requester
  const { hasPaths } = parts.access
  const plain = { targets, judge, hasPaths, confirm, requester }
  const request = preface ? { ...plain, preface } : plain
  const asked = state.left ? { ...request, signal: AbortSignal.abort() } : request
  const leave = parts.race(asked, onDialled, onBroken)
  // The race may have ended during the call.
  if (state.phase === 'race') state.leaveRace = leave
}
