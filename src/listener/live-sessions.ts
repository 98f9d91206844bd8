/** A connection that can be ended from outside. Called again, or after its end, it does nothing. */
export type Endable = { readonly end: () => void }

/**
 * All connections that are open, so that they can be ended at once. One set instead of a listener on
 * an AbortSignal for each connection: those pile up by the thousand, and are warned about.
 */
export type LiveSessions = {
  readonly add: (session: Endable) => void
  /** @returns false where it was not among them */
  readonly delete: (session: Endable) => boolean
  readonly size: () => number
  /** Ends every connection: at once before its pipe, by the pipe's reason `drain` in it. */
  readonly endAll: () => void
  /** Calls `run` once, as soon as no connection is open; at once where none is. */
  readonly whenEmpty: (run: () => void) => void
}

export const createLiveSessions = (): LiveSessions => {
  const sessions = new Set<Endable>()
  let waiting: (() => void)[] = []
  return {
    add: session => void sessions.add(session),
    delete: session => {
      if (!sessions.delete(session)) return false
      if (sessions.size > 0) return true
      const runs = waiting
      waiting = []
      for (const run of runs) run()
      return true
    },
    size: () => sessions.size,
    endAll: () => {
      // A session may leave the set as it ends; a Set allows that.
      for (const session of sessions) session.end()
    },
    whenEmpty: run => {
      if (sessions.size === 0) run()
      else waiting.push(run)
    },
  }
}
