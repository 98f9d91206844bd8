import type { Socket } from 'node:net'
import type { HostPort } from '../core/host-port.ts'
import type { DialResult, Judge } from '../eyeballs/types.ts'
import type { FailureReply } from '../socks/types.ts'
import { REPLY } from '../socks/wire.ts'
import type { AccessClient } from './access-types.ts'
import { createEarlyData } from './early-data.ts'
import { sayFarewell } from './farewell.ts'
import { handOver } from './hand-over.ts'
import { judgeFailure } from './race-failure.ts'
import type { SessionState } from './session-state.ts'
import { factsOf, finish, nothingMoved, tellClose } from './session-state.ts'
import type { ListenerParts, Protocol } from './session-types.ts'

type Outcome<Kind> = Extract<DialResult<Socket>, { outcome: Kind }>

const judgeFor =
  ({ isOwnListener, access }: ListenerParts, client: AccessClient): Judge =>
  candidate => {
    const { address, embedded = address, port } = candidate
    // A loop first: no rule can allow it.
    return isOwnListener(address, port) || isOwnListener(embedded, port)
      ? 'ERR_LOOP'
      : access.judge(client, candidate)
  }

/**
 * Races the targets for a client whose handshake is over, and does with the outcome what its
 * protocol wants. The state's phase is `race` already. The reply goes out after the race, never
 * before (3.4).
 *
 * @param first what the client sent behind its request
 */
export const startRace = (
  state: SessionState,
  protocol: Protocol,
  targets: readonly HostPort[],
  first?: Uint8Array,
): void => {
  const { parts } = state
  const { socket, transport, peer } = state.accepted
  const { clock, emit } = parts

  const sayNo = (reply: FailureReply): void => {
    socket.off('data', state.onData)
    sayFarewell(socket, transport, protocol.failure(reply), clock)
  }

  const onWon = ({ socket: upstream, local, trace }: Outcome<'won'>): void => {
    const left = socket.destroyed || ending.signal.aborted
    const reply = left ? null : protocol.success(local)
    const code = reply && REPLY.succeeded
    emit({ type: 'race', outcome: 'won', reply: code, trace, ...factsOf(state) })
    if (left) {
      // The race was won while its client left: the target gets a reset, and never a byte.
      upstream.resetAndDestroy()
      tellClose(state, nothingMoved(state.draining ? 'drain' : 'client-reset'))
      socket.destroy()
      return
    }
    if (reply) socket.write(reply)
    handOver(state, upstream)
  }

  const onFailed = (result: Outcome<'failed'>): void => {
    state.phase = 'over'
    const { rejected, error, reply } = judgeFailure(result)
    const told = protocol.replies && !socket.destroyed
    if (rejected) {
      const { message } = error
      const sent = told ? { reply } : {}
      const facts = factsOf(state)
      emit({ type: 'rejected', reason: rejected, message, probe: false, ...sent, ...facts })
    } else {
      const { trace } = result
      const sent = told ? reply : null
      emit({ type: 'race', outcome: 'failed', error, reply: sent, trace, ...factsOf(state) })
    }
    sayNo(reply)
  }

  const onAborted = ({ trace }: Outcome<'aborted'>): void => {
    state.phase = 'over'
    emit({ type: 'race', outcome: 'aborted', reply: null, trace, ...factsOf(state) })
    socket.destroy()
  }

  const onDialled = (result: DialResult<Socket>): void => {
    state.dialling = false
    // Asked before: a socket that is closed has told so already, and will not again.
    const { closed } = socket
    if (result.outcome === 'won') onWon(result)
    else if (result.outcome === 'failed') onFailed(result)
    else onAborted(result)
    if (closed) finish(state)
  }

  /** A fault of the engine's: this client is told what there is to tell, and no other suffers. */
  const onBroken = (error: unknown): void => {
    state.dialling = false
    state.phase = 'over'
    const message = `the race broke: ${error instanceof Error ? error.message : String(error)}`
    emit({ type: 'rejected', reason: 'protocol', message, probe: false, ...factsOf(state) })
    const { closed } = socket
    sayNo(REPLY.generalFailure)
    if (closed) finish(state)
  }

  const early = createEarlyData()
  if (first) early.push(first)
  state.early = early
  if (early.full()) socket.pause()
  else socket.resume()
  const ending = new AbortController()
  state.ending = ending
  state.dialling = true
  // The client may have closed its side before its request was read.
  if (state.clientEnded) state.onEnd()
  const judge = judgeFor(parts, { ip: peer.ip, user: state.user })
  parts.dial({ targets, judge, signal: ending.signal }).then(onDialled, onBroken)
}
