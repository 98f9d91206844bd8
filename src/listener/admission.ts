/** How many connections may be open. */
export type AdmissionLimits = {
  /** In all, as the configuration has it; at least 1. */
  readonly maxConnections: number
  /** From one client address; 0: no limit. */
  readonly maxConnectionsPerClient: number
  /** The process's limit on open files; null where it is not known or there is none. */
  readonly openFiles: number | null
}

/** The places of one client. All of its connections share it, so that none keeps more than a pointer. */
export type Places = {
  readonly client: string
  /** How many are taken; 1 or more while it is counted. */
  taken: number
}

export type Admission = {
  /**
   * Lets one connection in, or not.
   *
   * @param client the client's address; all clients of UNIX sockets are one
   * @returns where the place was taken, or why there was none, for people
   */
  readonly admit: (client: string) => Places | string
  /** Gives one place back, once for each that was taken. */
  readonly leave: (places: Places) => void
  /** Connections that are in. */
  readonly active: () => number
  /** Connections in force: the most that are let in. */
  readonly limit: () => number
  /** Sets new limits. Nobody who is in is put out. */
  readonly change: (limits: AdmissionLimits) => void
}

/** Files that are not connections: standard streams, log, listeners, the resolver's sockets, the event loop's own. */
const RESERVED_FILES = 32

/** The most files that one connection holds while it races: its client and a few attempts. Later it holds two. */
const FILES_PER_CONNECTION = 4

/**
 * Connections in force: the lesser of `maxConnections` and (open files - 32) / 4, and at least 1.
 * The runtime accepts and closes connections without a word when files run out, so that point must
 * never be reached.
 */
export const connectionsInForce = ({ maxConnections, openFiles }: AdmissionLimits): number =>
  Math.max(
    1,
    Math.min(
      maxConnections,
      openFiles === null
        ? Infinity
        : Math.floor((openFiles - RESERVED_FILES) / FILES_PER_CONNECTION),
    ),
  )

/** Counts connections. Its state is one number for each client that has a connection open. */
export const createAdmission = (first: AdmissionLimits): Admission => {
  let limits = first
  let limit = connectionsInForce(first)
  let active = 0
  const clients = new Map<string, Places>()

  return {
    admit: client => {
      if (active >= limit) return `all ${limit} connections are in use`
      const most = limits.maxConnectionsPerClient
      const places = clients.get(client) ?? { client, taken: 0 }
      if (most > 0 && places.taken >= most)
        return `all ${most} connections of one client are in use`
      active++
      if (places.taken++ === 0) clients.set(client, places)
      return places
    },
    leave: places => {
      active--
      if (--places.taken === 0) clients.delete(places.client)
    },
    active: () => active,
    limit: () => limit,
    change: next => {
      limits = next
      limit = connectionsInForce(next)
    },
  }
}
