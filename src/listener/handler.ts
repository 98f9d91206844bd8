import type { Cidr } from '../core/cidr.ts'
import { cidrContains } from '../core/cidr.ts'
import { createDeadlines } from '../core/deadlines.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import { ignoreErrors } from '../core/stream-socket.ts'
import type { Accepted, Peer, Transport } from './accepted.ts'
import { readPeer } from './accepted.ts'
import type { ConnectionFacts, ProtocolName, RejectReason } from './events.ts'
import { refuseLogin } from './greetings.ts'
import { createClientProtocol } from './protocols/client-protocols.ts'
import { createForward } from './protocols/forward.ts'
import type { ListenerParts, Policy } from './session-types.ts'
import { startSession } from './session.ts'

/**
 * Takes over an accepted connection. The socket must be paused (`pauseOnConnect`) and allow half-open; the
 * handler owns it from this call on.
 */
export type Handler = (socket: StreamSocket, transport: Transport) => void

/** The mode of the socket's file controls access to a UNIX socket. */
const mayConnect = (clients: readonly Cidr[] | null, { ip }: Peer): boolean =>
  clients === null || ip === null || clients.some(cidr => cidrContains(cidr, ip))

const close = (socket: StreamSocket): void => {
  ignoreErrors(socket)
  socket.destroy()
}

/** Why and how a client without a session was refused. */
type TurnedAway = {
  readonly reason: RejectReason
  readonly message: string
  readonly probe: boolean
  readonly reply?: number | undefined
  readonly protocol?: ProtocolName | null
}

/**
 * Creates the handler of a listener's connections: it checks `clients` and admission control, then starts a
 * session. A refused client is closed and causes only the events `accepted` and `rejected`; a client on
 * this host that names its target gets an answer first.
 */
export const createHandler = (policy: Policy, parts: ListenerParts): Handler => {
  const { name: listener, clients } = policy
  const { clock, emit, nextId, admission } = parts
  const isForward = policy.protocol === 'forward'
  const createProtocol = isForward
    ? createForward(policy.targets)
    : createClientProtocol(policy, parts)
  const createRefusal = isForward
    ? null
    : createClientProtocol({ ...policy, verify: policy.verify && refuseLogin }, parts)
  const handshakes = createDeadlines(clock, parts.waits.handshakeTimeoutMs)

  const reject = (
    facts: Pick<ConnectionFacts, 'conn' | 'listener' | 'client'>,
    { reason, message, probe, reply, protocol = isForward ? 'forward' : null }: TurnedAway,
  ): void => {
    const sent = reply === undefined ? {} : { reply }
    emit({
      type: 'rejected',
      ...facts,
      protocol,
      user: null,
      target: null,
      reason,
      message,
      probe,
      ...sent,
    })
  }

  const turnAway = (accepted: Accepted, reason: 'access' | 'limit', message: string): void => {
    const { socket, peer, conn } = accepted
    const facts = { conn, listener, client: peer.text }
    const isHere = peer.ip === null || parts.isLocalAddress(peer.key)
    if (createRefusal === null || !isHere) {
      reject(facts, { reason, message, probe: false })
      return close(socket)
    }
    parts.greetings.add({
      accepted,
      createProtocol: createRefusal,
      failure:
        reason === 'access'
          ? { outcome: 'denied', code: 'ERR_ACCESS_DENIED', message }
          : { outcome: 'limit', code: 'ERR_LIMIT', message },
      onOver: end => reject(facts, { reason, message, ...end }),
    })
  }

  return (socket, transport) => {
    const acceptedAt = clock.now()
    const conn = nextId()
    const peer = readPeer(socket, transport)
    const facts = { conn, listener, client: peer?.text ?? 'unknown' }
    emit({ type: 'accepted', ...facts })
    if (!peer) {
      const message = 'the client left before it was accepted'
      reject(facts, { reason: 'protocol', message, probe: true })
      return close(socket)
    }
    const accepted: Accepted = { socket, transport, peer, conn, listener, acceptedAt }
    if (!mayConnect(clients, peer)) {
      return turnAway(accepted, 'access', `${peer.key} is not among the clients of this listener`)
    }
    const admitted = admission.admit(peer.key)
    if (typeof admitted === 'string') return turnAway(accepted, 'limit', admitted)
    const name = isForward ? 'forward' : null
    startSession(accepted, admitted, name, createProtocol, parts, handshakes)
  }
}
