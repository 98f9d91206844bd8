import { hasForeignLoopback } from '../access/foreign-loopback.ts'
import { createDeadlines } from '../core/deadlines.ts'
import type { StreamSocket } from '../core/stream-socket.ts'
import { ignoreErrors } from '../core/stream-socket.ts'
import { VERSION } from '../wire/socks5/wire.ts'
import type { Accepted, Peer, Transport } from './accepted.ts'
import { readPeer, shareOf } from './accepted.ts'
import { awaitHeader } from './await-header.ts'
import { clientOf, isBalancer } from './balancer.ts'
import { clientRefusal } from './client-refusal.ts'
import type { ConnectionFacts, ProtocolName, RejectReason } from './events.ts'
import { refuseLogin } from './greetings.ts'
import { guardLogins } from './guard-logins.ts'
import { createClientProtocol } from './protocols/client-protocols.ts'
import { createForward } from './protocols/forward.ts'
import { emitEnd, nothingMoved } from './session-events.ts'
import type { CreateProtocol } from './protocol-types.ts'
import type { ListenerParts, Policy } from './session-types.ts'
import { startSession } from './session.ts'

/**
 * Takes over an accepted connection. The socket must be paused (`pauseOnConnect`) and allow half-open; the
 * handler owns it from this call on.
 */
export type Handler = (socket: StreamSocket, transport: Transport) => void

const close = (socket: StreamSocket): void => {
  ignoreErrors(socket)
  socket.destroy()
}

/** Leaves a refusal's answers to SOCKS5 clients: to a load balancer's header, any other would be one to nobody. */
const greetingOnly =
  (create: CreateProtocol): CreateProtocol =>
  session => {
    const protocol = create(session)
    return {
      ...protocol,
      receive: bytes => {
        if (bytes[0] === VERSION) protocol.receive(bytes)
        else session.reject({ reason: 'limit', message: '', closing: 'close' })
      },
    }
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
 * this host that names its target gets an answer first. A load balancer's connection has to name its client
 * before that.
 */
export const createHandler = (policy: Policy, parts: ListenerParts): Handler => {
  const { name: listener, clients } = policy
  const { clock, emit, nextId, admission, bans } = parts
  const isForward = policy.protocol === 'forward'
  const name: ProtocolName | null = isForward ? 'forward' : null
  const createUnguarded = isForward
    ? createForward(policy.targets, policy.proxyVersion)
    : createClientProtocol(policy, parts)
  const createProtocol =
    isForward || policy.verify === null
      ? createUnguarded
      : createClientProtocol({ ...policy, verify: guardLogins(policy.verify, bans) }, parts)
  const createRefusal = isForward
    ? null
    : createClientProtocol(
        { ...policy, verify: policy.verify && refuseLogin, refusesAll: true },
        parts,
      )
  /** Only a listener with passwords refuses banned clients. */
  const requiresLogin = !isForward && policy.verify !== null
  const createGreeting = createRefusal && greetingOnly(createRefusal)
  const { balancers } = policy
  const handshakes = createDeadlines(clock, parts.waits.handshakeTimeoutMs)

  const reject = (
    facts: Pick<ConnectionFacts, 'conn' | 'listener' | 'client'>,
    { reason, message, probe, reply, protocol = name }: TurnedAway,
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

  const isHere = (peer: Peer): boolean =>
    !hasForeignLoopback(peer) && (peer.ip === null || parts.isLocalAddress(peer.key))

  const turnAway = (
    accepted: Accepted,
    reason: 'access' | 'limit' | 'banned' | 'protocol',
    message: string,
    create = createRefusal,
  ): void => {
    const { socket, peer, conn, start } = accepted
    const facts = { conn, listener, client: peer.text }
    if (start) handshakes.remove(start.deadline)
    if (create === null || !isHere(peer)) {
      reject(facts, { reason, message, probe: false })
      return close(socket)
    }
    parts.greetings.add({
      accepted,
      createProtocol: create,
      failure:
        reason === 'access' || reason === 'protocol'
          ? { outcome: 'client-denied', code: 'ERR_ACCESS_DENIED', message }
          : { outcome: 'limit', code: 'ERR_LIMIT', message },
      onOver: end => reject(facts, { reason, message, ...end }),
    })
  }

  /** Checks a client, and starts its session. */
  const serve = (accepted: Accepted): void => {
    const { peer, start } = accepted
    const refusal = clientRefusal(clients, peer)
    if (refusal !== null) {
      if (start) admission.release()
      return turnAway(accepted, 'access', refusal)
    }
    const share = shareOf(peer)
    // All clients that a load balancer does not name share its address, so none of them is banned.
    const isNamed = start === null || start.header.type === 'proxied'
    const ban = requiresLogin && isNamed ? bans.refusal(share) : null
    if (ban !== null) {
      if (start) admission.release()
      return turnAway(accepted, 'banned', ban)
    }
    const admitted = start ? admission.assign(share) : admission.admit(share)
    if (typeof admitted === 'string') return turnAway(accepted, 'limit', admitted)
    const create = isNamed ? createProtocol : createUnguarded
    startSession(accepted, admitted, name, create, parts, handshakes)
  }

  /** Reads the header of a load balancer, and serves the client that it names. */
  const serveBalancer = (accepted: Accepted): void => {
    const { socket, peer: balancer, conn, acceptedAt } = accepted
    const facts = { conn, listener, client: balancer.text }
    const refusal = admission.hold()
    if (refusal !== null) {
      if (createGreeting !== null) return turnAway(accepted, 'limit', refusal, createGreeting)
      reject(facts, { reason: 'limit', message: refusal, probe: false })
      return close(socket)
    }
    awaitHeader(accepted, parts, handshakes, {
      onHeader: start => serve({ ...accepted, peer: clientOf(start.header, balancer), start }),
      onFault: ({ reason, message }, probe) => reject(facts, { reason, message, probe }),
      onGreeting:
        createRefusal !== null && isHere(balancer)
          ? (start, message) => turnAway({ ...accepted, start }, 'protocol', message)
          : null,
      onDrain: () => {
        const all = { ...facts, protocol: name, user: null, target: null }
        emitEnd(parts, all, acceptedAt, nothingMoved('drain'))
      },
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
    const start = null
    const accepted: Accepted = { socket, transport, peer, start, conn, listener, acceptedAt }
    if (balancers !== null && isBalancer(balancers, peer)) serveBalancer(accepted)
    else serve(accepted)
  }
}
