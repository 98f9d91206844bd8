import type { Deadline, Deadlines } from '../core/deadlines.ts'
import type { HostPort } from '../core/host-port.ts'
import { formatHostPort } from '../core/host-port.ts'
import { ignoreErrors } from '../core/stream-socket.ts'
import type { ProxyVersion } from '../wire/proxy-protocol/encode-header.ts'
import { encodeHeader } from '../wire/proxy-protocol/encode-header.ts'
import type { Accepted } from './accepted.ts'
import { endsOf } from './balancer.ts'
import type { Places } from './admission.ts'
import type { ProtocolName } from './events.ts'
import { closeClient } from './close-client.ts'
import { admitRequest } from './admit-request.ts'
import { createLiveSession } from './live-sessions.ts'
import { serveClient } from './protocols/http/client-connection.ts'
import { startRace } from './session-race.ts'
import type { Phase, SessionState } from './session-state.ts'
import { factsOf, finish, leaveRace, setAccount } from './session-state.ts'
import type { CreateProtocol, Rejection, Session } from './protocol-types.ts'
import type { ListenerParts } from './session-types.ts'
import { nothingMoved, emitClose } from './session-events.ts'

const NOTHING = new Uint8Array(0)

/**
 * Runs one connection of any protocol from its first byte: handshake, race, reply, pipe. It emits exactly
 * one event for its end: `rejected`, a `race` that failed or was aborted, or `close`. The session leaves
 * admission control when its sockets are closed.
 *
 * @param places released at the end
 * @param name the protocol's name; null if the client's first byte decides
 * @param handshakes the handshake deadlines of all sessions of the listener
 */
export const startSession = (
  accepted: Accepted,
  places: Places,
  name: ProtocolName | null,
  createProtocol: CreateProtocol,
  parts: ListenerParts,
  handshakes: Deadlines,
): void => {
  const { socket, transport, peer } = accepted
  const { clock, emit } = parts
  let heard = false
  let deadline: Deadline | null = accepted.start?.deadline ?? null
  let first = accepted.start?.rest

  const stopTimer = (): void => {
    if (deadline) handshakes.remove(deadline)
  }

  const endHandshake = (next: Phase): void => {
    state.phase = next
    stopTimer()
    protocol.stop()
  }

  /** A client that sent nothing, or only a greeting, is logged at debug level. */
  const isProbe = (reason: Rejection['reason']): boolean =>
    reason === 'protocol' ? protocol.probe() : reason === 'timeout' && !heard

  const reject = ({ reason, message, closing, reply }: Rejection): void => {
    if (state.phase !== 'handshake') return
    const probe = isProbe(reason)
    endHandshake('over')
    const sent = reply === undefined || socket.destroyed ? {} : { reply }
    emit({ ...factsOf(state), type: 'rejected', reason, message, probe, ...sent })
    socket.off('data', state.onData)
    closeClient(socket, transport, closing, clock)
  }

  const request = (
    targets: readonly HostPort[],
    early = first,
    proxyVersion: ProxyVersion | null = null,
  ): void => {
    if (state.phase !== 'handshake') return
    state.target = targets.map(formatHostPort).join(',')
    const admitted = admitRequest(state, targets)
    if ('failure' in admitted) {
      const { reason, failure } = admitted
      return reject({ reason, message: failure.message, ...protocol.failure(failure) })
    }
    endHandshake('race')
    const preface = proxyVersion && encodeHeader(proxyVersion, endsOf(accepted))
    startRace(state, protocol, admitted, early, preface)
  }

  const state: SessionState = {
    accepted,
    places,
    parts,
    live: createLiveSession(accepted, () => {
      state.draining = true
      if (state.phase === 'race') return leaveRace(state)
      if (state.phase === 'handshake') {
        endHandshake('over')
        emitClose(state, nothingMoved('drain'))
      }
      socket.destroy()
    }),
    onData: chunk => {
      heard = true
      if (state.phase === 'handshake') return protocol.receive(chunk)
      const { early } = state
      early?.push(chunk)
      if (early?.full() === true) socket.pause()
      state.onEarly?.()
    },
    onEnd: () => {
      state.clientEnded = true
      if (state.phase === 'handshake') return protocol.ended()
      if (state.phase !== 'race') return
      // After a reply for a provisional winner, a FIN without early data is a half-close.
      const leaves = protocol.finEndsRace && state.answered === null && state.early?.size() === 0
      if (leaves) return leaveRace(state)
      // Node reports a reset right after the last bytes as `end`. An empty write sends nothing, but makes
      // a reset TCP socket emit `close`. A UNIX socket reports a reset by itself, and refuses every write
      // after the peer's close (unix(7)).
      if (transport === 'tcp' && socket.writable) socket.write(NOTHING)
      state.onEarly?.()
    },
    onClose: () => {
      if (state.phase === 'handshake') reject({ ...protocol.gone('left'), closing: 'close' })
      else if (state.phase === 'race') leaveRace(state)
      if (!state.dialling) finish(state)
    },
    phase: 'handshake',
    protocol: name,
    user: null,
    countedUser: null,
    target: null,
    clientEnded: false,
    dialling: false,
    requester: null,
    draining: false,
    leaveRace: null,
    left: false,
    early: null,
    onEarly: null,
    answered: null,
  }

  state.live.progress = state

  const session: Session = {
    client: places.client,
    isLocal: peer.isLocal,
    become: (next, create, bytes) => {
      if (state.phase !== 'handshake') return
      state.protocol = next
      protocol = create(session)
      protocol.receive(bytes)
    },
    send: bytes => void socket.write(bytes),
    pause: () => void socket.pause(),
    stopTimer,
    loggedIn: account => setAccount(state, account),
    request,
    forward: (asked, verify) => {
      if (state.phase !== 'handshake') return
      endHandshake('over')
      socket.off('data', state.onData).off('end', state.onEnd).off('close', state.onClose)
      serveClient(state, verify, asked, deadline?.dueAt ?? clock.now())
    },
    reject,
    clientEnded: () => state.clientEnded,
  }
  let protocol = createProtocol(session)

  parts.sessions.add(state.live)
  // `close` follows every error and is handled.
  ignoreErrors(socket)
  socket.on('data', state.onData).on('end', state.onEnd).on('close', state.onClose)
  protocol.begin()
  if (state.phase !== 'handshake') return
  // One deadline for the whole handshake, no matter how slowly the bytes arrive.
  const onTimeout = (): void => reject({ ...protocol.gone('timeout'), closing: 'close' })
  if (deadline) handshakes.replace(deadline, onTimeout)
  else deadline = handshakes.add(onTimeout)
  socket.resume()
  const bytes = first
  first = undefined
  if (bytes && bytes.length > 0) state.onData(bytes)
}
