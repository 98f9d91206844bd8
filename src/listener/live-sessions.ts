/** A connection that can be ended from outside. */
export type LiveSession = {
  /** Called again, or after its end, it does nothing. */
  end: () => void
  /** Its neighbours among those that are open, and whether it is one of them; only `LiveSessions` changes these. */
  before: LiveSession | null
  after: LiveSession | null
  isOpen: boolean
}

/** A connection that is not yet among those that are open. */
export const createLiveSession = (end: () => void): LiveSession => ({
  end,
  before: null,
  after: null,
  isOpen: false,
})

/**
 * All connections that are open, so that they can be ended at once. A list of their own instead of a
 * listener on an AbortSignal for each connection: those pile up by the thousand, and are warned about.
 *
 * Nor is it a Set. One that grows and shrinks all the time is copied again and again, each old copy
 * points to the next, and once the first of them is old garbage none of the connections that any
 * held is collected before the next full collection: 7 kB each.
 */
export type LiveSessions = {
  readonly add: (session: LiveSession) => void
  /** @returns false where it was not among them */
  readonly delete: (session: LiveSession) => boolean
  readonly size: () => number
  /** Ends every connection: at once before its pipe, by the pipe's reason `drain` in it. */
  readonly endAll: () => void
  /** Calls `run` once, as soon as no connection is open; at once where none is. */
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
      // Sessions leave the list as they end, and may take others along.
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
