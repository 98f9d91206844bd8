import type { Account } from '../auth/accounts.ts'
import { createList, itemsOf } from '../core/list.ts'

/** An open connection, which can be counted and ended from outside. */
export type LiveSession = {
  /** The listener's name. */
  readonly listener: string
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

const none = (): number => 0

/** Creates a session that is not listed yet. It has moved no bytes. */
export const createLiveSession = (listener: string, end: () => void): LiveSession => ({
  listener,
  end,
  bytesUp: none,
  bytesDown: none,
  account: null,
  before: null,
  after: null,
  isListed: false,
})

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
