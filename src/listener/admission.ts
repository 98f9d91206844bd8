/** Limits on the number of open connections. */
export type AdmissionLimits = {
  /** Total, as configured; at least 1. */
  readonly maxConnections: number
  /** Per client; 0: no limit. */
  readonly maxConnectionsPerClient: number
  /** Per user, by name; 0: no limit. */
  readonly maxConnectionsPerUser: number
  /** Whether these are the limits of one of several processes; default false. */
  readonly isShare?: boolean
  /** File descriptors available to all connections and the attempts of their races; Infinity: no limit. */
  readonly files: number
}

/** The connection count of one client. All its connections share the object, so each stores only a pointer. */
export type Places = {
  readonly client: string
  /** Open connections; at least 1 while the object is in the map. */
  taken: number
}

export type Admission = {
  /**
   * Admits a connection or refuses it.
   *
   * @param client the client's key, from `shareOf`
   * @returns the client's count, to pass to `leave`, or the reason for the refusal as text for people
   */
  readonly admit: (client: string) => Places | string
  /**
   * Admits a connection whose client is not known yet. It counts in the total, and for no client.
   *
   * @returns the reason for a refusal, as `admit` does; null if it is admitted
   */
  readonly hold: () => string | null
  /**
   * Counts a held connection for its client, or refuses it, as `admit` does. A refused one is not held any
   * more.
   */
  readonly assign: (client: string) => Places | string
  /** Ends one held connection. */
  readonly release: () => void
  /**
   * Counts an admitted connection for a user, too.
   *
   * @param before the user for whom it counts already; null: for none
   * @returns the reason for a refusal, which changes nothing; null if it counts for the user now
   */
  readonly assignUser: (user: string, before: string | null) => string | null
  /**
   * Ends one admitted connection; call it once per admitted connection.
   *
   * @param user the user for whom it counts; null (default): for none
   */
  readonly leave: (places: Places, user?: string | null) => void
  /** Number of admitted connections. */
  readonly active: () => number
  /** The effective limit on connections. */
  readonly limit: () => number
  /** Sets new limits. Admitted connections stay open. */
  readonly change: (limits: AdmissionLimits) => void
}

/**
 * File descriptors per connection: the client, the first attempt or the target, a second attempt, and one
 * that contributes to the further attempts of all races.
 */
export const FILES_PER_CONNECTION = 4

/**
 * Returns the effective limit: the smaller of `maxConnections` and a quarter of the descriptors, and at
 * least 1. Node closes accepted connections without an event if descriptors run out, so this must never
 * happen.
 */
export const connectionsInForce = ({ maxConnections, files }: AdmissionLimits): number =>
  Math.max(1, Math.min(maxConnections, Math.floor(files / FILES_PER_CONNECTION)))

/** Why no connection is admitted, of all or of one client or user. */
const allInUse = (limit: number, isShare = false, whose?: 'client' | 'user'): string => {
  const where = isShare ? ' in this process' : ''
  return limit > 1
    ? `all ${limit} connections${whose ? ` of one ${whose}` : ''}${where} are in use`
    : `the only connection allowed${whose ? ` to one ${whose}` : ''}${where} is in use`
}

/** Creates admission control. It stores one count per client, and per user, with an open connection. */
export const createAdmission = (first: AdmissionLimits): Admission => {
  let limits = first
  let limit = connectionsInForce(first)
  let active = 0
  const clients = new Map<string, Places>()
  const users = new Map<string, number>()

  const hold = (): string | null => {
    if (active >= limit) return allInUse(limit, limits.isShare)
    active++
    return null
  }

  const assign = (client: string): Places | string => {
    const most = limits.maxConnectionsPerClient
    const places = clients.get(client) ?? { client, taken: 0 }
    if (most > 0 && places.taken >= most) {
      active--
      return allInUse(most, limits.isShare, 'client')
    }
    if (places.taken++ === 0) clients.set(client, places)
    return places
  }

  const leaveUser = (user: string): void => {
    const left = (users.get(user) ?? 1) - 1
    if (left > 0) users.set(user, left)
    else users.delete(user)
  }

  return {
    admit: client => hold() ?? assign(client),
    hold,
    assign,
    release: () => {
      active--
    },
    assignUser: (user, before) => {
      if (user === before) return null
      const most = limits.maxConnectionsPerUser
      const taken = users.get(user) ?? 0
      if (most > 0 && taken >= most) return allInUse(most, limits.isShare, 'user')
      users.set(user, taken + 1)
      if (before !== null) leaveUser(before)
      return null
    },
    leave: (places, user = null) => {
      active--
      if (user !== null) leaveUser(user)
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
