import t from 'tap'
import { createStatusRoute } from '../../src/admin/status-route.ts'
import type { Snapshot } from '../../src/metrics/snapshot.ts'
import { keyOf } from '../../src/metrics/snapshot.ts'
import { adminRequest, bodyOf } from '../fixtures/admin-request.ts'
import { emptyView } from '../fixtures/daemon-view.ts'

const metrics: Snapshot = {
  eyeballd_connections_total: new Map([
    ['a', 5],
    ['', 100],
  ]),
  eyeballd_connections_active: new Map([
    ['a', 2],
    ['gone', 1],
  ]),
  eyeballd_connections_limit: new Map([['', 1000]]),
  eyeballd_rejected_total: new Map([
    [keyOf('a', 'limit'), 1],
    [keyOf('a', 'probe'), 2],
  ]),
  eyeballd_races_total: new Map([
    [keyOf('won', '4'), 10],
    [keyOf('won', '6'), 20],
    [keyOf('failed', 'none'), 3],
    [keyOf('aborted', 'none'), 4],
  ]),
  eyeballd_hidden_failures_total: new Map([
    [keyOf('6', 'demoted'), 6],
    [keyOf('4', 'other'), 1],
  ]),
  eyeballd_bytes_total: new Map([
    ['up', 8],
    ['down', 9],
  ]),
  eyeballd_dns_waiting: new Map([['', 11]]),
  eyeballd_log_dropped_total: new Map([['', 12]]),
}

t.test('the status is that of the processes and of the endpoint', async t => {
  let now = 1000
  const listeners = [
    { name: 'a', protocol: 'socks', addresses: ['127.0.0.1:1'] },
    { name: 'b', protocol: 'http', addresses: [] },
  ]
  const route = createStatusRoute(emptyView({ engine: 'splice', listeners, metrics }), {
    version: () => '1.2.3',
    now: () => now,
    status: () => ({ state: 'draining', processes: 2, lost: 1 }),
    lastReload: () => ({ at: 5, error: 'bad' }),
  }).get('/status')
  t.equal(route?.isPublic, false)
  now = 3000
  const answer = await route?.answer(adminRequest())
  t.match(answer, { status: 200, type: 'application/json' })
  t.same(JSON.parse(await bodyOf(answer)), {
    version: '1.2.3',
    now: 3000,
    startedAt: 1000,
    state: 'draining',
    processes: 2,
    engine: 'splice',
    listeners: [
      { name: 'a', protocol: 'socks', addresses: ['127.0.0.1:1'], accepted: 5, active: 2 },
      { name: 'b', protocol: 'http', addresses: [], accepted: 0, active: 0 },
    ],
    connections: { active: 3, limit: 1000, accepted: 105, rejected: 1 },
    races: { won: { 4: 10, 6: 20 }, failed: 3, aborted: 4, hidden: 7 },
    bytes: { up: 8, down: 9 },
    dnsWaiting: 11,
    logDropped: 12,
    lastReload: { at: 5, error: 'bad' },
  })
})
