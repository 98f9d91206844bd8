import type { VerifyLogin } from '../auth/create-verify-login.ts'
import type { Clock } from '../core/clock.ts'
import { ignoreErrors } from '../core/stream-socket.ts'
import type { Accepted } from './accepted.ts'
import { shareOf } from './accepted.ts'
import { closeClient } from './close-client.ts'
import type { ProtocolName } from './events.ts'
import type { LiveSessions } from './live-sessions.ts'
import { createLiveSession } from './live-sessions.ts'
import type { ClientFailure, CreateProtocol, Rejection, Session } from './protocol-types.ts'

const doNothing = (): void => {}

/** The end of a refused client's connection. */
export type GreetingEnd = {
  /** True if the client sent no more than a healthcheck does: nothing, or a greeting (RFC 1928 section 3). */
  readonly probe: boolean
  /** The code of the reply, if one was sent. */
  readonly reply?: number | undefined
  readonly protocol: ProtocolName | null
}

/** A refused client on this host, which may still be a healthcheck that sends a SOCKS greeting. */
type Greeting = {
  readonly accepted: Accepted
  /** The listener's protocol, without its users: no login is checked. */
  readonly createProtocol: CreateProtocol
  /** Why the client is refused; determines the answer to a request. */
  readonly failure: ClientFailure
  /** Called once, at the end of the connection. */
  readonly onOver: (end: GreetingEnd) => void
}

/** Refuses every login without a check: for clients that are refused in any case. */
export const refuseLogin: VerifyLogin = (_login, _client, settle) => {
  const message = 'the client is refused, so its login was not checked'
  queueMicrotask(() => settle({ ok: false, code: 'limit', message }))
  return { leave: doNothing, isWaiting: () => false }
}

/** Answers the greetings of refused clients, and refuses every request. */
export type Greetings = {
  readonly add: (greeting: Greeting) => void
}

/**
 * Maximum number of refused clients that are served at a time, given enough descriptors, including those
 * that still have to read their answer. A new one closes the oldest.
 */
export const GREETINGS_MAX = 4

/** Timeout in milliseconds, from accept. */
export const GREETING_TIMEOUT_MS = 2000

/**
 * Answers healthchecks from this host even if `clients` excludes the host, or if all connections are in
 * use. These connections do not count as admitted; their number and duration are small.
 *
 * @param sessions the connections are listed here, so that a drain waits for them and ends them
 * @param max maximum number of these connections at a time, 1 or more
 */
export const createGreetings = (
  clock: Clock,
  sessions: LiveSessions,
  max: number = GREETINGS_MAX,
): Greetings => {
  /**
   * Functions that close a connection for a newer one, oldest first. Connections with a closed socket are
   * not listed.
   */
  const open = new Set<() => void>()

  const add = ({ accepted, createProtocol, failure, onOver }: Greeting): void => {
    const { socket, transport, peer, start } = accepted
    let name: ProtocolName | null = null
    let hasEnded = false
    let isOver = false

    const finish = (probe: boolean, { closing, reply }: Pick<Rejection, 'closing' | 'reply'>) => {
      if (isOver) return
      isOver = true
      cancel()
      protocol.stop()
      onOver({ probe, reply, protocol: name })
      socket.off('data', onData)
      closeClient(socket, transport, closing, clock)
    }
    const leave = (): void => finish(protocol.probe(), { closing: 'close' })
    // The client might have sent more than a greeting, so it is not counted as a probe.
    const giveWay = (): void => {
      finish(false, { closing: 'close' })
      socket.destroy()
    }

    const refuse = (): void => finish(false, protocol.failure(failure))

    const session: Session = {
      client: shareOf(peer),
      isLocal: peer.isLocal,
      become: (next, create, bytes) => {
        name = next
        protocol = create(session)
        protocol.receive(bytes)
      },
      send: bytes => void socket.write(bytes),
      pause: doNothing,
      stopTimer: doNothing,
      loggedIn: doNothing,
      request: refuse,
      forward: refuse,
      reject: rejection => finish(rejection.reason === 'protocol' && protocol.probe(), rejection),
      clientEnded: () => hasEnded,
    }
    let protocol = createProtocol(session)

    const onData = (chunk: Uint8Array): void => {
      if (!isOver) protocol.receive(chunk)
    }

    const live = createLiveSession(accepted, () => {
      leave()
      socket.destroy()
    })
    sessions.add(live)
    const cancel = clock.after(GREETING_TIMEOUT_MS, leave)
    open.add(giveWay)
    ignoreErrors(socket)
    socket
      .on('data', onData)
      .on('end', () => {
        hasEnded = true
        leave()
      })
      .on('close', () => {
        leave()
        open.delete(giveWay)
        sessions.delete(live)
      })
    const [oldest] = open
    if (open.size > max && oldest) {
      // `giveWay` closes the descriptor at once but `close` is emitted later, so the entry is removed here.
      open.delete(oldest)
      oldest()
    }
    socket.resume()
    if (start && start.rest.length > 0) onData(start.rest)
  }

  return { add }
}
