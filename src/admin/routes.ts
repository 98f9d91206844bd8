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
  /** The body, without a final line break. */
  readonly text: string
  /** The Content-Type; `text/plain; charset=utf-8` by default. */
  readonly type?: string
}

/** One path of the endpoint. */
export type AdminRoute = {
  /** Whether the route needs no token, because its response contains no secret. */
  readonly isPublic: boolean
  /** If it throws or rejects, the response is 500 without the error. */
  readonly answer: () => AdminAnswer | Promise<AdminAnswer>
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
