/** The current state of the daemon. */
export type AdminStatus = {
  readonly state: 'starting' | 'serving' | 'draining'
  /** Processes that serve connections; 0 if all have died and none is replaced yet. */
  readonly processes: number
  /** Addresses that should be open and are not. */
  readonly lost: number
}

/** The response to a request. */
export type AdminAnswer = {
  readonly status: number
  /** One line without its line break. */
  readonly text: string
}

/** One path of the endpoint. */
type AdminRoute = {
  /** Whether the route needs no token, because its response contains no secret. */
  readonly isPublic: boolean
  readonly answer: (status: AdminStatus) => AdminAnswer
}

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

/** The routes of the endpoint, by path. */
export const ROUTES: ReadonlyMap<string, AdminRoute> = new Map([
  ['/healthz', { isPublic: true, answer: health }],
  ['/readyz', { isPublic: true, answer: readiness }],
])
