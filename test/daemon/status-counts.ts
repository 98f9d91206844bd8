import t from 'tap'
import type { ProcessStatus } from '../../src/admin/daemon-view.ts'
import { createStatusCounts, sumStatus } from '../../src/daemon/status-counts.ts'
import { NO_STATUS } from '../fixtures/daemon-view.ts'
import { CONNECTION_EVENTS } from '../fixtures/log-events.ts'
import { failedEvent, wonEvent } from '../fixtures/race-trace.ts'

t.test('every event is counted', async t => {
  const counts = createStatusCounts()
  counts.count({ type: 'accepted', conn: 'c1', listener: 'a', client: 'unix' })
  counts.count({ type: 'accepted', conn: 'c2', listener: 'a', client: 'unix' })
  counts.count({ type: 'accepted', conn: 'c3', listener: 'b', client: 'unix' })
  t.same([counts.accepted('a'), counts.accepted('b'), counts.accepted('c')], [2, 1, 0])
  counts.count({ ...wonEvent, summary: { ...wonEvent.summary, hidden: false } })
  counts.count({ ...wonEvent, summary: { ...wonEvent.summary, hidden: true } })
  counts.count(failedEvent)
  counts.count({ ...failedEvent, outcome: 'aborted' })
  const { conn, listener, protocol, client, user, target } = wonEvent
  const facts = { conn, listener, protocol, client, user, target }
  const close = { type: 'close', ...facts, durationMs: 1, reason: 'eof' } as const
  counts.count({ ...close, engine: 'splice', bytesUp: 1, bytesDown: 20 })
  counts.count({ ...close, engine: 'stream', bytesUp: 300, bytesDown: 4000 })
  counts.count({ type: 'rejected', ...facts, reason: 'limit', message: '', probe: false })
  t.same(counts.read(), {
    accepted: 3,
    rejected: 1,
    races: { won: { 4: 2, 6: 0 }, failed: 1, aborted: 1, hidden: 1 },
    closed: { up: 301, down: 4020 },
  })
  for (const event of CONNECTION_EVENTS) counts.count(event)
})

t.test('the sum of several processes', async t => {
  const one: ProcessStatus = {
    engine: 'splice',
    listeners: [
      { name: 'a', protocol: 'socks', addresses: ['127.0.0.1:1'], accepted: 1, active: 2 },
      { name: 'b', protocol: 'http', addresses: ['127.0.0.1:2'], accepted: 3, active: 4 },
    ],
    connections: { active: 5, limit: 6, accepted: 7, rejected: 8 },
    races: { won: { 4: 9, 6: 10 }, failed: 11, aborted: 12, hidden: 13 },
    bytes: { up: 14, down: 15 },
    dnsWaiting: 16,
    logDropped: 17,
  }
  t.same(sumStatus([one]), one)
  const two = sumStatus([one, { ...one, listeners: one.listeners.slice(1) }])
  t.same(two, {
    engine: 'splice',
    listeners: [
      { name: 'a', protocol: 'socks', addresses: ['127.0.0.1:1'], accepted: 1, active: 2 },
      { name: 'b', protocol: 'http', addresses: ['127.0.0.1:2'], accepted: 6, active: 8 },
    ],
    connections: { active: 10, limit: 12, accepted: 14, rejected: 16 },
    races: { won: { 4: 18, 6: 20 }, failed: 22, aborted: 24, hidden: 26 },
    bytes: { up: 28, down: 30 },
    dnsWaiting: 32,
    logDropped: 34,
  })
  t.same(sumStatus([]), NO_STATUS)
})
