import type { Account } from '../auth/accounts.ts'
import type { SocketEnd } from '../core/stream-socket.ts'
import { createList, itemsOf } from '../core/list.ts'
import type { Accepted } from './accepted.ts'
import type { ConnectionFacts, ProtocolName } from './events.ts'

/** An open connection, for people. */
export type OpenConnection = ConnectionFacts & {
  readonly state: 'handshake' | 'race' | 'relay'
  /** The target's address and port that won; null before there is one. */
  readonly winner: SocketEnd | null
}

/** An open connection, which can be counted and ended from outside. */
export type LiveSession = {
  /** The listener's name. */
  readonly listener: string
  /** Milliseconds on the clock of `ListenerParts`. */
  readonly acceptedAt: number
  describe: () => OpenConnection
  /** Ends the connection. Further calls, and calls after its end, do nothing. */
  end: () => void
  /** The bytes so far that its `close` event will report; 0 as long as it may end with another event. */
  bytesUp: () => number
  bytesDown: () => number
  /** The account that it logged in as; null if it did not. */
  account: Account | null
  /** Its place in the list of open connections (`Listed`). */
  before: LiveSession | null
  after: LiveSession | null
  isListed: boolean
}

/** The part of a session that changes. */
type Progress = {
  readonly protocol: ProtocolName | null
  readonly user: string | null
  readonly target: string | null
}

const none = (): number => 0

/** A connection before its pipe, which has moved no bytes. A class, so that they share their methods. */
class Unpiped implements LiveSession {
  readonly listener: string
  readonly acceptedAt: number
  private readonly accepted: Pick<Accepted, 'conn' | 'peer'>
  /** Null until its session begins. */
  progress: Progress | null = null
  end: () => void
  bytesUp = none
  bytesDown = none
  account: Account | null = null
  before: LiveSession | null = null
  after: LiveSession | null = null
  isListed = false

  constructor(accepted: LiveAccepted, end: () => void) {
    this.listener = accepted.listener
    this.acceptedAt = accepted.acceptedAt
    this.accepted = accepted
    this.end = end
  }

  describe(): OpenConnection {
    const { accepted, listener, progress } = this
    const { protocol, user, target } = progress ?? { protocol: null, user: null, target: null }
    return {
      conn: accepted.conn,
      listener,
      protocol,
      client: accepted.peer.text,
      user,
      target,
      state: target === null ? 'handshake' : 'race',
      winner: null,
    }
  }
}

/** What is shown of an accepted connection. */
export type LiveAccepted = Pick<Accepted, 'conn' | 'listener' | 'peer' | 'acceptedAt'>

/** A connection before its pipe. */
export type UnpipedSession = LiveSession & {
  /** Set by its session; null without one. */
  progress: Progress | null
}

/** Creates a session that is not listed yet. It has moved no bytes. */
export const createLiveSession = (accepted: LiveAccepted, end: () => void): UnpipedSession =>
  new Unpiped(accepted, end)

/**
 * The list of all open connections, to end them at once. A listener on an AbortSignal for each connection
 * would cause Node's warning about too many listeners.
 */
export type LiveSessions = {
  readonly add: (session: LiveSession) => void
  /** @returns false if it was not listed */
  readonly delete: (session: LiveSession) => boolean
  readonly size: () => number
  /** The open connections, the oldest first. */
  readonly all: () => Iterable<LiveSession>
  /** Ends every connection: at once before its pipe, and with the pipe's reason `drain` in the pipe. */
  readonly endAll: () => void
  /** Ends the connections of revoked accounts, as `endAll` does. */
  readonly endRevoked: () => void
  /** Calls `run` once when no connection is open; at once if there is none. */
  readonly whenEmpty: (run: () => void) => void
}

export const createLiveSessions = (): LiveSessions => {
  const sessions = createList<LiveSession>()
  let waiting: (() => void)[] = []
  return {
    add: sessions.add,
    delete: session => {
      if (!sessions.delete(session)) return false
      if (sessions.size() > 0) return true
      const runs = waiting
      waiting = []
      for (const run of runs) run()
      return true
    },
    size: sessions.size,
    all: () => itemsOf(sessions),
    endAll: () => {
      // Sessions remove themselves from the list when they end, and may end others.
      for (const session of itemsOf(sessions)) session.end()
    },
    endRevoked: () => {
      for (const session of itemsOf(sessions))
        if (session.account?.state === 'revoked') session.end()
    },
    whenEmpty: run => {
      if (sessions.size() === 0) run()
      else waiting.push(run)
    },
  }
}
