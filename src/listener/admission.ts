/** How many connections may be open. */
export type AdmissionLimits = {
  /** In all, as the configuration has it; at least 1. */
  readonly maxConnections: number
  /** From one client address; 0: no limit. */
  readonly maxConnectionsPerClient: number
  /** File descriptors that connections may have in all, with the attempts of their races; Infinity: no limit. */
  readonly files: number
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

/**
 * Descriptors of a connection: its client, its first attempt or its target, a second attempt, and one for
 * the further attempts of all races.
 */
export const FILES_PER_CONNECTION = 4

/**
 * Connections in force: the lesser of `maxConnections` and a fourth of the descriptors there are, and at
 * least 1. Node closes connections without an event when descriptors run out, so that must never happen.
 */
export const connectionsInForce = ({ maxConnections, files }: AdmissionLimits): number =>
  Math.max(1, Math.min(maxConnections, Math.floor(files / FILES_PER_CONNECTION)))

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
