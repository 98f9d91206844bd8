import type { RaceRecord } from '../eyeballs/race/report.ts'

// What the endpoint answers in JSON: the dashboard, `eyeballd top` and `eyeballd report` read it. Times are
// milliseconds; moments are epoch milliseconds.

/** `GET /status`: one look at the daemon. Numbers are summed over all processes. */
export type StatusAnswer = {
  readonly version: string
  readonly now: number
  readonly startedAt: number
  readonly state: 'starting' | 'serving' | 'draining'
  readonly processes: number
  readonly engine: 'stream' | 'splice'
  readonly listeners: readonly {
    readonly name: string
    readonly protocol: string
    /** Those that are open: none while the daemon drains. */
    readonly addresses: readonly string[]
    /** Connections since the start, and open ones. */
    readonly accepted: number
    readonly active: number
  }[]
  readonly connections: {
    readonly active: number
    /** The maximum number of connections in force. */
    readonly limit: number
    readonly accepted: number
    /** Without those of clients that sent nothing, and of health checks. */
    readonly rejected: number
  }
  readonly races: {
    readonly won: { readonly 4: number; readonly 6: number }
    readonly failed: number
    readonly aborted: number
    readonly hidden: number
  }
  readonly bytes: { readonly up: number; readonly down: number }
  /** Lookups of which queries wait for their turn. */
  readonly dnsWaiting: number
  readonly logDropped: number
  readonly lastReload: { readonly at: number; readonly error: string | null } | null
}

/** One race: the fields of the log's `race` line, masked as `log.redact` says. */
export type RaceEntry = {
  /** Counts the races of this daemon: higher is newer. The `id` of the event in `/races/stream`. */
  readonly id: number
  /** When it ended. */
  readonly time: number
  readonly conn: string
  readonly listener: string
  readonly protocol: string | null
  readonly client: string
  readonly user: string | null
  readonly target: string | null
  readonly outcome: 'won' | 'failed' | 'aborted'
  readonly error?: { readonly code: string; readonly message: string }
  readonly reply?: number | null
} & RaceRecord

/**
 * `GET /races`: the last races, newest first. `?limit=` 1 to 10000; `?outcome=` won, failed,
 * aborted or hidden; `?target=` and `?client=`, parts of these fields.
 */
export type RacesAnswer = { readonly races: readonly RaceEntry[] }

/** An open connection. */
export type ConnectionEntry = {
  readonly conn: string
  readonly listener: string
  readonly protocol: string | null
  readonly client: string
  readonly user: string | null
  readonly target: string | null
  /** The winner's address and port; null before there is one. */
  readonly address: string | null
  readonly acceptedAt: number
  readonly state: 'handshake' | 'race' | 'relay'
  readonly bytesUp: number | null
  readonly bytesDown: number | null
}

/** `GET /connections`: open connections, oldest first, at most 1000 (`?limit=`); `total` counts all of them. */
export type ConnectionsAnswer = {
  readonly total: number
  readonly connections: readonly ConnectionEntry[]
}

/** `GET /history`: the addresses and networks that earlier races have demoted. */
export type HistoryAnswer = {
  readonly demoted: readonly {
    /** `192.0.2.1`, or a network, `2001:db8::/48`. */
    readonly prefix: string
    /** The last time that it did not answer. */
    readonly evidenceAt: number
    /** From then on a race tries it like any other. */
    readonly until: number
    /** It accepted connections and sent no byte (`confirm: tls`). */
    readonly unresponsive: boolean
    /** Races since it was last probed. */
    readonly passedOver: number
    /** The egress by which it was tried; absent for the system's routes. */
    readonly path?: string
  }[]
}

/**
 * `POST /race`: runs one race, with the access rules of a client on loopback and the egress of the first listener.
 * `target` is HOST:PORT, or HOST for port 443.
 */
export type RaceRequest = { readonly target: string }
export type RaceAnswer = RaceEntry
