/** An open connection that can be ended from outside. */
export type LiveSession = {
  /** Ends the connection. Further calls, and calls after its end, do nothing. */
  end: () => void
  /** Links of the list of open connections, and membership in it; only `LiveSessions` changes them. */
  before: LiveSession | null
  after: LiveSession | null
  isOpen: boolean
}

/** Creates a session that is not listed yet. */
export const createLiveSession = (end: () => void): LiveSession => ({
  end,
  before: null,
  after: null,
  isOpen: false,
})

/**
 * The list of all open connections, to end them at once. A listener on an AbortSignal for each connection
 * would cause Node's warning about too many listeners.
 *
 * It is a linked list because a Set that grows and shrinks is rehashed again and again. Each old table
 * points to the next; once the first is in the old generation, the connections (7 kB each) in all of them
 * stay until a full collection.
 */
export type LiveSessions = {
  readonly add: (session: LiveSession) => void
  /** @returns false if it was not listed */
  readonly delete: (session: LiveSession) => boolean
  readonly size: () => number
  /** Ends every connection: at once before its pipe, and with the pipe's reason `drain` in the pipe. */
  readonly endAll: () => void
  /** Calls `run` once when no connection is open; at once if there is none. */
  readonly whenEmpty: (run: () => void) => void
}

export const createLiveSessions = (): LiveSessions => {
  let newest: LiveSession | null = null
  let size = 0
  let waiting: (() => void)[] = []

  const unlink = (session: LiveSession): void => {
    const { before, after } = session
    if (before) before.after = after
    else newest = after
    if (after) after.before = before
    session.before = null
    session.after = null
    session.isOpen = false
    size--
  }

  return {
    add: session => {
      session.after = newest
      session.isOpen = true
      if (newest) newest.before = session
      newest = session
      size++
    },
    delete: session => {
      if (!session.isOpen) return false
      unlink(session)
      if (size > 0) return true
      const runs = waiting
      waiting = []
      for (const run of runs) run()
      return true
    },
    size: () => size,
    endAll: () => {
      // Sessions remove themselves from the list when they end, and may end others.
      const all: LiveSession[] = []
      for (let next = newest; next; next = next.after) all.push(next)
      for (const session of all) session.end()
    },
    whenEmpty: run => {
      if (size === 0) run()
      else waiting.push(run)
    },
  }
}
