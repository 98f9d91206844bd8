import type { IncomingHttpHeaders } from 'node:http'

/** The current state of the daemon. */
export type AdminStatus = {
  readonly state: 'starting' | 'serving' | 'draining'
  /** Processes that serve connections; 0 if all have died and none is replaced yet. */
  readonly processes: number
  /** Addresses that should be open and are not. */
  readonly lost: number
}

/** What a route gets of a request. */
export type AdminRequest = {
  readonly query: URLSearchParams
  /** The fields of the header, their names in lower case. */
  readonly headers: IncomingHttpHeaders
  /** Of a POST; empty for others. */
  readonly body: string
  /** The client's name in the log: `address:port`, or `unix`. */
  readonly client: string
  /** Aborted when the client has left. */
  readonly signal: AbortSignal
}

/** The response to a request. */
export type AdminAnswer = {
  readonly status: number
  /** The Content-Type; `text/plain; charset=utf-8` by default. */
  readonly type?: string
  /** Further fields of the header. */
  readonly headers?: Readonly<Record<string, string>>
} & (
  | {
      /** The body, without a final line break. */
      readonly text: string
    }
  | {
      /** The body as it is. */
      readonly bytes: Uint8Array
    }
  | {
      /** The body in pieces. The next one is asked for when the client has taken those before. */
      readonly pieces: AsyncIterable<string>
    }
)

/** One path of the endpoint. */
export type AdminRoute = {
  /** Whether the route needs no token, because its response contains no secret. */
  readonly isPublic: boolean
  /** A file of the dashboard: a link on another site may lead there. */
  readonly isPage?: true
  /** Its pieces have no end: it has one of the few places for streams, and no time limit. */
  readonly isStream?: true
  /** GET (and HEAD) by default. */
  readonly method?: 'POST'
  /** Milliseconds that the answer may take; `ADMIN_TIMEOUT_MS` by default. */
  readonly timeoutMs?: number
  /** If it throws ERR_INVALID_ARG, the response is 400 with its message; for another error 500 without it. */
  readonly answer: (request: AdminRequest) => AdminAnswer | Promise<AdminAnswer>
}

/** Routes by path. */
export type AdminRoutes = ReadonlyMap<string, AdminRoute>

const UNAVAILABLE = 503

const ok: AdminAnswer = { status: 200, text: 'ok' }

/** Liveness: fails only if no process serves. A daemon that starts or drains is healthy and must not be killed. */
const health = ({ state, processes }: AdminStatus): AdminAnswer =>
  state === 'serving' && processes === 0
    ? { status: UNAVAILABLE, text: 'no process serves at the moment' }
    : ok

/** Readiness: whether this daemon should receive new connections. */
const readiness = (status: AdminStatus): AdminAnswer => {
  if (status.state !== 'serving') return { status: UNAVAILABLE, text: status.state }
  if (status.lost > 0)
    return { status: UNAVAILABLE, text: `addresses that are not open: ${status.lost}` }
  return health(status)
}

/** The routes of health checks. @param status called for each request */
export const createHealthRoutes = (status: () => AdminStatus): AdminRoutes =>
  new Map([
    ['/healthz', { isPublic: true, answer: () => health(status()) }],
    ['/readyz', { isPublic: true, answer: () => readiness(status()) }],
  ])

/** An answer in JSON. */
export const jsonAnswer = (value: unknown, status = 200): AdminAnswer => ({
  status,
  type: 'application/json',
  text: JSON.stringify(value),
})
