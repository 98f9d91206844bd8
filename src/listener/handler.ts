import type { Cidr } from '../core/cidr.ts'
import { cidrContains } from '../core/cidr.ts'
import { createDeadlines } from '../core/deadlines.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import { ignoreErrors } from '../core/stream-socket.ts'
import type { Accepted, Peer, Transport } from './accepted.ts'
import { readPeer } from './accepted.ts'
import type { ConnectionFacts, RejectReason } from './events.ts'
import { createForward } from './protocols/forward.ts'
import { createSocks5 } from './protocols/socks5.ts'
import type { CreateProtocol, ListenerParts, Policy } from './session-types.ts'
import { startSession } from './session.ts'

/**
 * Takes over an accepted connection. The socket must be paused (`pauseOnConnect`) and allow half-open; the
 * handler owns it from this call on.
 */
export type Handler = (socket: StreamSocket, transport: Transport) => void

const protocolOf = (policy: Policy, { clock, waits }: ListenerParts): CreateProtocol =>
  policy.protocol === 'socks'
    ? createSocks5({ clock, verify: policy.verify, waits })
    : createForward(policy.targets)

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
}

/**
 * Creates the handler of a listener's connections: it checks `clients` and admission control, then starts a
 * session. A refused client is closed and causes only the events `accepted` and `rejected`; a SOCKS client
 * on this host gets an answer to its greeting first.
 */
export const createHandler = (policy: Policy, parts: ListenerParts): Handler => {
  const { name: listener, clients } = policy
  const { clock, emit, nextId, admission } = parts
  const createProtocol = protocolOf(policy, parts)
  const handshakes = createDeadlines(clock, parts.waits.handshakeTimeoutMs)

  const reject = (
    facts: Pick<ConnectionFacts, 'conn' | 'listener' | 'client'>,
    { reason, message, probe, reply }: TurnedAway,
  ): void => {
    const sent = reply === undefined ? {} : { reply }
    emit({ type: 'rejected', ...facts, user: null, target: null, reason, message, probe, ...sent })
  }

  const turnAway = (accepted: Accepted, reason: 'access' | 'limit', message: string): void => {
    const { socket, peer, conn } = accepted
    const facts = { conn, listener, client: peer.text }
    const isHere = peer.ip === null || parts.isLocalAddress(peer.key)
    if (policy.protocol !== 'socks' || !isHere) {
      reject(facts, { reason, message, probe: false })
      return close(socket)
    }
    parts.greetings.add({
      accepted,
      requireLogin: policy.verify !== null,
      outcome: reason === 'access' ? 'denied' : 'limit',
      onOver: (probe, reply) => reject(facts, { reason, message, probe, reply }),
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
    startSession(accepted, admitted, createProtocol, parts, handshakes)
  }
}
