import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { createProcessView, racesKept } from '../../src/daemon/process-view.ts'
import { createLiveSession } from '../../src/listener/live-sessions.ts'
import { wonEvent } from '../fixtures/race-trace.ts'

const session = (listener: string, up: number, down: number) => ({
  ...createLiveSession(listener, () => {}),
  bytesUp: () => up,
  bytesDown: () => down,
})

const view = createProcessView({
  engine: 'splice',
  daemon: () => ({
    connections: () => 3,
    limit: () => 100,
    listeners: () => [
      { name: 'a', protocol: 'socks', addresses: ['127.0.0.1:1'] },
      { name: 'b', protocol: 'http', addresses: [] },
    ],
    sessions: () => [session('a', 1, 10), session('a', 2, 20), session('gone', 3, 30)],
  }),
  dnsWaiting: () => 4,
  now: () => 99,
})

t.test('the status has what is open now, and what was counted', async t => {
  view.emit({ type: 'accepted', conn: 'c1', listener: 'a', client: 'unix' })
  view.emit(wonEvent)
  const { conn, listener, protocol, client, user, target } = wonEvent
  const facts = { conn, listener, protocol, client, user, target }
  const ended = { durationMs: 1, reason: 'eof', engine: 'splice' } as const
  view.emit({ type: 'close', ...facts, ...ended, bytesUp: 100, bytesDown: 1000 })
  t.same(await view.status(), {
    engine: 'splice',
    listeners: [
      { name: 'a', protocol: 'socks', addresses: ['127.0.0.1:1'], accepted: 1, active: 2 },
      { name: 'b', protocol: 'http', addresses: [], accepted: 0, active: 0 },
    ],
    connections: { active: 3, limit: 100, accepted: 1, rejected: 0 },
    races: { won: { 4: 1, 6: 0 }, failed: 0, aborted: 0, hidden: 1 },
    bytes: { up: 106, down: 1060 },
    dnsWaiting: 4,
    logDropped: 0,
  })
})

t.test('races are kept only where an endpoint shows them', async t => {
  const { ring } = view.races
  t.equal(ring.lastId(), 0)
  view.keepRaces(1)
  view.emit(wonEvent)
  view.emit({ ...wonEvent, conn: 'c2' })
  t.match(ring.after(0, 9), [{ id: 2, time: 99, item: { conn: 'c2' } }])
  await view.races.refresh()
  const kept = (admin: string): number => racesKept(parseConfig(`{ admin: ${admin} }`, 'f'))
  t.equal(kept('{}'), 0)
  t.equal(kept('{ raceHistory: 5 }'), 0)
  t.equal(kept("{ raceHistory: 5, listen: '127.0.0.1:1' }"), 5)
})
