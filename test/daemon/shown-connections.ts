import t from 'tap'
import { joinConnections, showConnections } from '../../src/daemon/shown-connections.ts'
import type { LiveSession, OpenConnection } from '../../src/listener/live-sessions.ts'
import { createLiveSession } from '../../src/listener/live-sessions.ts'
import { liveAccepted } from '../fixtures/live-accepted.ts'

const moment = { now: 1000, epochNow: 50_000 }

/** A connection in the pipe. */
const piped = (conn: string, acceptedAt: number): LiveSession => {
  const session = createLiveSession(liveAccepted('s', acceptedAt, conn), () => {})
  const winner = { address: '192.0.2.7', port: 443 }
  const described: OpenConnection = { ...session.describe(), state: 'relay', winner }
  return Object.assign(session, {
    describe: () => described,
    bytesUp: () => 5,
    bytesDown: () => 6,
  })
}

t.test('the oldest are shown, with bytes once they have a target', async t => {
  const sessions = [
    createLiveSession(liveAccepted('s', 300, 'c3'), () => {}),
    piped('c1', 100.4),
    piped('c2', 200),
  ]
  const shown = showConnections(sessions, 2, moment)
  const facts = { listener: 's', protocol: null, client: '192.0.2.1:7', user: null, target: null }
  const relay = { ...facts, state: 'relay', winner: { address: '192.0.2.7', port: 443 } }
  t.same(shown, {
    total: 3,
    connections: [
      { conn: 'c1', ...relay, acceptedAt: 49_100, bytesUp: 5, bytesDown: 6 },
      { conn: 'c2', ...relay, acceptedAt: 49_200, bytesUp: 5, bytesDown: 6 },
    ],
  })
  t.match(showConnections(sessions, 9, moment).connections[2], {
    conn: 'c3',
    state: 'handshake',
    winner: null,
    bytesUp: null,
    bytesDown: null,
  })
})

t.test('those of several processes are one list', async t => {
  const one = showConnections([piped('c1', 100), piped('c3', 300)], 9, moment)
  const two = showConnections([piped('c2', 200)], 0, moment)
  const both = joinConnections([one, two, showConnections([piped('c4', 50)], 9, moment)], 2)
  t.equal(both.total, 4)
  t.same(
    both.connections.map(({ conn }) => conn),
    ['c4', 'c1'],
  )
})
