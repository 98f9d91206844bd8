import type { ShownConnection, ShownConnections } from '../admin/daemon-view.ts'
import type { LiveSession } from '../listener/live-sessions.ts'
import type { Moment } from './demoted-paths.ts'

const show = (session: LiveSession, { now, epochNow }: Moment): ShownConnection => {
  const { conn, listener, protocol, client, user, target, state, winner } = session.describe()
  const isRelay = state === 'relay'
  return {
    conn,
    listener,
    protocol,
    client,
    user,
    target,
    winner,
    acceptedAt: Math.round(epochNow + session.acceptedAt - now),
    state,
    bytesUp: isRelay ? session.bytesUp() : null,
    bytesDown: isRelay ? session.bytesDown() : null,
  }
}

/** The oldest of the open connections. */
export const showConnections = (
  sessions: Iterable<LiveSession>,
  limit: number,
  moment: Moment,
): ShownConnections => {
  const all = [...sessions]
  // They are listed by the beginning of their phase, so they are nearly in order.
  all.sort((a, b) => a.acceptedAt - b.acceptedAt)
  return {
    total: all.length,
    connections: all.slice(0, limit).map(session => show(session, moment)),
  }
}

/** Joins the connections of several processes. */
export const joinConnections = (
  all: readonly ShownConnections[],
  limit: number,
): ShownConnections => ({
  total: all.reduce((sum, { total }) => sum + total, 0),
  connections: all
    .flatMap(({ connections }) => connections)
    .toSorted((a, b) => a.acceptedAt - b.acceptedAt)
    .slice(0, limit),
})
