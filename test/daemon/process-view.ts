import t from 'tap'
import { parseConfig } from '../../src/config/parse.ts'
import { createProcessView, racesKept } from '../../src/daemon/process-view.ts'
import type { OwnRaceEnd } from '../../src/listener/own-race.ts'
import { createLiveSession } from '../../src/listener/live-sessions.ts'
import { METRIC_NAMES } from '../../src/metrics/metrics.ts'
import { valueOf } from '../../src/metrics/snapshot.ts'
import { createHandClock } from '../fixtures/hand-clock.ts'
import { liveAccepted } from '../fixtures/live-accepted.ts'
import { wonEvent } from '../fixtures/race-trace.ts'

const listeners = [{ name: 'a', protocol: 'socks', addresses: ['127.0.0.1:1'] }]

let end: OwnRaceEnd = { ok: true, race: wonEvent }

const demoted = { prefix: 'a', evidenceAt: 990, until: 1010, unresponsive: false, passedOver: 1 }

const view = createProcessView({
  engine: 'splice',
  daemon: () => ({
    dialers: () => new Map([['{}', { history: { demoted: () => [demoted] } }]]),
    limit: () => 100,
    race: async () => end,
    listeners: () => listeners,
    sessions: () => [createLiveSession(liveAccepted('a'), () => {})],
  }),
  pipes: () => ({ stream: 1, splice: 2 }),
  dnsWaiting: () => 4,
  logDropped: () => 5,
  clock: createHandClock(1000),
  epochNow: () => 99,
})

const configOf = (admin: string) =>
  parseConfig(
    `{ admin: ${admin}, listeners: [
      { name: a, protocol: socks, listen: '127.0.0.1:0' },
      { name: z, protocol: socks, listen: '127.0.0.2:0' },
    ] }`,
    'f',
  )

t.test('the report has what is open now, what was counted, and the process', async t => {
  view.emit({ type: 'accepted', conn: 'c1', listener: 'a', client: 'unix' })
  view.emit(wonEvent)
  view.observer.onCache('hit')
  view.change(configOf('{}'))
  const { metrics, ...rest } = await view.report()
  const lost = { name: 'z', protocol: 'socks', addresses: [] }
  t.same(rest, { engine: 'splice', listeners: [...listeners, lost] }, 'with one that is not open')
  t.equal(valueOf(metrics, 'eyeballd_connections_total', 'a'), 1)
  t.equal(valueOf(metrics, 'eyeballd_connections_active', 'a'), 1)
  t.equal(metrics.eyeballd_connections_active?.get('z'), 0, 'a listener in force')
  t.equal(valueOf(metrics, 'eyeballd_connections_limit'), 100)
  t.equal(valueOf(metrics, 'eyeballd_races_total', 'won', '4'), 1)
  t.equal(valueOf(metrics, 'eyeballd_dns_cache_total', 'hit'), 1)
  t.equal(valueOf(metrics, 'eyeballd_dns_waiting'), 4)
  t.equal(valueOf(metrics, 'eyeballd_log_dropped_total'), 5)
  t.equal(valueOf(metrics, 'eyeballd_pipes_active', 'stream'), 1)
  const missing = METRIC_NAMES.filter(name => !metrics[name])
  t.ok(
    missing.every(name => /config|build_info/.test(name)),
    'the rest is that of the endpoint',
  )
  t.notOk('process_open_fds' in view.metrics(), 'which is cheap enough for each second')
})

t.test('races are kept only where an endpoint shows them', async t => {
  const { ring } = view.races
  t.equal(ring.lastId(), 0)
  view.change(configOf("{ raceHistory: 1, listen: '127.0.0.1:1' }"))
  view.emit(wonEvent)
  view.emit({ ...wonEvent, conn: 'c2' })
  t.match(ring.after(0, 9), [{ id: 2, time: 99, item: { conn: 'c2' } }])
  await view.races.refresh()
  t.equal(racesKept(configOf('{}')), 0)
  t.equal(racesKept(configOf('{ raceHistory: 5 }')), 0)
  t.equal(racesKept(configOf("{ raceHistory: 5, listen: '127.0.0.1:1' }")), 5)
})

t.test('connections and history have epoch times', async t => {
  t.match(await view.connections(1), {
    total: 1,
    connections: [{ acceptedAt: 99 + 40 - 1000, state: 'handshake' }],
  })
  t.same(await view.history(), [{ ...demoted, evidenceAt: 89, until: 109 }])
})

t.test('a race of its own is kept without its trace', async t => {
  const request = { target: { host: 'a', port: 1 }, client: 'unix' }
  const { signal } = new AbortController()
  const result = await view.race(request, signal)
  t.match(result, { ok: true, race: { conn: wonEvent.conn } })
  t.notOk(result.ok && typeof result.race === 'object' && 'trace' in result.race)
  end = { ok: false, code: 'ERR_ACCESS_DENIED', message: 'no' }
  t.equal(await view.race(request, signal), end)
})
