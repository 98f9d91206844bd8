import type { AdminAnswer, AdminRoute, AdminStatus } from './types.ts'

const UNAVAILABLE = 503

const ok: AdminAnswer = { status: 200, text: 'ok' }

/** Whether connections are served at all. A daemon that starts or drains is well, and not to be killed. */
const health = ({ state, processes }: AdminStatus): AdminAnswer =>
  state === 'serving' && processes === 0
    ? { status: UNAVAILABLE, text: 'no process serves at the moment' }
    : ok

/** Whether new connections are best sent here. */
const readiness = (status: AdminStatus): AdminAnswer => {
  if (status.state !== 'serving') return { status: UNAVAILABLE, text: status.state }
  if (status.lost > 0)
    return { status: UNAVAILABLE, text: `addresses that are not open: ${status.lost}` }
  return health(status)
}

/** What the endpoint answers to, by path. */
export const ROUTES: ReadonlyMap<string, AdminRoute> = new Map([
  ['/healthz', { isPublic: true, answer: health }],
  ['/readyz', { isPublic: true, answer: readiness }],
])
