import type { Account } from '../auth/accounts.ts'
import { createList, itemsOf } from '../core/list.ts'

/** An open connection that can be ended from outside. */
export type LiveSession = {
  /** Ends the connection. Further calls, and calls after its end, do nothing. */
  end: () => void
  /** The account that it logged in as; null if it did not. */
  account: Account | null
  /** Its place in the list of open connections (`Listed`). */
  before: LiveSession | null
  after: LiveSession | null
  isListed: boolean
}

/** Creates a session that is not listed yet. */
export const createLiveSession = (end: () => void): LiveSession => ({
  end,
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
