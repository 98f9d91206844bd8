import t from 'tap'
import {
  createWorkerCounters,
  joinEvents,
  sumCounters,
} from '../../../src/daemon/processes/worker-reports.ts'
import type { ListenerEvent } from '../../../src/listener/events.ts'
import type { DaemonEvent } from '../../../src/log/types.ts'

t.test('counters are summed one by one', async t => {
  const one = {
    connections: 1,
    accepted: 2,
    bytesUp: 3,
    bytesDown: 4,
    pipes: { stream: 5, splice: 6 },
  }
  const ten = {
    connections: 10,
    accepted: 20,
    bytesUp: 30,
    bytesDown: 40,
    pipes: { stream: 50, splice: 60 },
  }
  t.same(sumCounters([one, ten]), {
    connections: 11,
    accepted: 22,
    bytesUp: 33,
    bytesDown: 44,
    pipes: { stream: 55, splice: 66 },
  })
  t.same(sumCounters([one]), one)
  t.same(sumCounters([]).pipes, { stream: 0, splice: 0 })
})

const facts = {
  conn: 'c1',
  listener: 's',
  protocol: 'socks5',
  client: 'a:1',
  user: null,
  target: null,
} as const
const accepted: ListenerEvent = { type: 'accepted', ...facts }
const close = (engine: 'stream' | 'splice'): ListenerEvent => ({
  type: 'close',
  ...facts,
  bytesUp: 10,
  bytesDown: 20,
  durationMs: 1,
  engine,
  reason: 'eof',
})

t.test('bytes of closed and of open connections count', async t => {
  const counters = createWorkerCounters()
  for (const event of [accepted, accepted, close('stream'), close('splice'), close('stream')]) {
    counters.count(event)
  }
  const open = { bytesUp: () => 100, bytesDown: () => 200 }
  t.same(counters.read([open, open], { stream: 1, splice: 2 }), {
    connections: 2,
    accepted: 2,
    bytesUp: 230,
    bytesDown: 460,
    pipes: { stream: 1, splice: 2 },
  })
})

const listening = (address: string, connections: number): DaemonEvent => ({
  type: 'listening',
  listener: 's',
  protocol: 'socks',
  address,
  connections,
})
const skipped: DaemonEvent = { type: 'skipped', listener: 's', address: 'c', message: 'no' }
const limit = (connections: number, maxConnections: number): DaemonEvent => ({
  type: 'limit',
  connections,
  maxConnections,
  openFiles: 1024,
})
const engine = (workers: number): DaemonEvent => ({ type: 'engine', engine: 'splice', workers })

t.test('the events of all processes are joined, with their sums', async t => {
  const all = [
    [engine(1), limit(200, 5000), listening('a', 5), listening('b', 6), skipped],
    [engine(2), limit(190, 5000), listening('b', 10), listening('a', 20), skipped],
  ]
  t.same(joinEvents(all), [
    engine(3),
    limit(390, 10_000),
    listening('a', 25),
    listening('b', 16),
    skipped,
  ])
  t.same(joinEvents([]), [])
  const lost = (address: string): DaemonEvent => ({
    type: 'listener-lost',
    listener: 's',
    protocol: 'socks',
    address,
    message: 'no',
  })
  t.same(joinEvents([[lost('a')], [lost('a'), lost('b')]]), [lost('a'), lost('b')])
})
