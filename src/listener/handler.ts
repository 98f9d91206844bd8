import type { StreamSocket } from '../core/stream-socket.ts'
import type { Cidr } from '../core/cidr.ts'
import { cidrContains } from '../core/cidr.ts'
import { createDeadlines } from '../core/deadlines.ts'
import type { RejectReason } from './events.ts'
import { createForward } from './protocols/forward.ts'
import type { Peer, Transport } from './peer.ts'
import { readPeer } from './peer.ts'
import { startSession } from './session.ts'
import type { CreateProtocol, ListenerParts, Policy } from './session-types.ts'
import { createSocks5 } from './protocols/socks5.ts'

/**
 * Takes an accepted connection over: it must be paused (`pauseOnConnect`), allow half-open, and is
 * the handler's from the call on.
 */
export type Handler = (socket: StreamSocket, transport: Transport) => void

const protocolOf = (policy: Policy, { clock, waits }: ListenerParts): CreateProtocol =>
  policy.protocol === 'socks'
    ? createSocks5({ clock, verify: policy.verify, waits })
    : createForward(policy.targets)

/** Clients of a UNIX socket were let in by its file's mode. */
const mayConnect = (clients: readonly Cidr[] | null, { ip }: Peer): boolean =>
  clients === null || ip === null || clients.some(cidr => cidrContains(cidr, ip))

const ignoreError = (): void => {}

/**
 * Makes what a listener does with its connections: who may connect, whether there is room, then a
 * session. A client that is turned away is closed, and costs no more than the events `accepted` and
 * `rejected`; only a SOCKS client of this host gets an answer to its greeting first.
 */
export const createHandler = (policy: Policy, parts: ListenerParts): Handler => {
  const { name: listener, clients } = policy
  const { clock, emit, nextId, admission } = parts
  const createProtocol = protocolOf(policy, parts)
  const handshakes = createDeadlines(clock, parts.waits.handshakeTimeoutMs)

  return (socket, transport) => {
    const acceptedAt = clock.now()
    const conn = nextId()
    const peer = readPeer(socket, transport)
    const client = peer?.text ?? 'unknown'
    emit({ type: 'accepted', conn, listener, client })

    const reject = (
      reason: RejectReason,
      message: string,
      probe: boolean,
      reply?: number,
    ): void => {
      const sent = reply === undefined ? {} : { reply }
      const facts = { conn, listener, client, user: null, target: null }
      emit({ type: 'rejected', reason, message, probe, ...facts, ...sent })
    }

    const close = (): void => {
      socket.on('error', ignoreError)
      socket.destroy()
    }

    const turnAway = (reason: 'access' | 'limit', message: string, { ip, key }: Peer): void => {
      if (policy.protocol === 'socks' && (ip === null || parts.isLocalAddress(key))) {
        return parts.greetings.add({
          socket,
          transport,
          requireLogin: policy.verify !== null,
          outcome: reason === 'access' ? 'denied' : 'limit',
          onOver: (probe, reply) => reject(reason, message, probe, reply),
        })
      }
      reject(reason, message, false)
      close()
    }

    if (!peer) {
      reject('protocol', 'the client left before it was accepted', true)
      return close()
    }
    if (!mayConnect(clients, peer)) {
      return turnAway('access', `${peer.key} is not among the clients of this listener`, peer)
    }
    const admitted = admission.admit(peer.key)
    if (typeof admitted === 'string') return turnAway('limit', admitted, peer)
    startSession(
      { socket, peer, transport, conn, listener, acceptedAt, places: admitted },
      createProtocol,
      parts,
      handshakes,
    )
  }
}
