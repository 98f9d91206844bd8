import t from 'tap'
import { joinEvents } from '../../../src/daemon/processes/join-events.ts'
import type { DaemonEvent } from '../../../src/log/types.ts'

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
